/* `hufu open` in the hands of a test, with a program in the place of hufu's other commands. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { endProcess } from './processes.mjs';
import { programs } from './sandbox.mjs';

const pages = fileURLToPath(new URL('../../web', import.meta.url));

/* tests/open/main.c, which is named as the real one is: hufud asks for that. */
export const openProgram = join(dirname(programs), 'tests/open/hufu');

const both = (en, zh) => ({ en, 'zh-TW': zh });

/* A check in the form of `hufu doctor --json`. */
export function check(id, state, titles, texts, steps, more = {}) {
    return {
        id, state, title: both(...titles), text: both(...texts), step: both(...steps ?? ['', '']),
        fix: null, code: null, details: {}, ...more,
    };
}

export function report(...checks) {
    const first = checks.find(({ state }) => state === 'trouble')
        ?? checks.find(({ state }) => state === 'attention');
    return {
        version: '0.1.0', checks, first: first?.id ?? null,
        ok: checks.every(({ state }) => state !== 'trouble'),
    };
}

export const fine = [
    check('program', 'ok', ['The program', '程式'],
        ['Hufu is installed and belongs to the system.', '虎符已安裝，檔案屬於系統。']),
    check('ports', 'ok', ['Ports', '連接埠'],
        ['Hufu listens on 56421, 56521 and 56621.', '虎符使用連接埠 56421、56521、56621。']),
    check('trust', 'ok', ['Trust of the browsers', '瀏覽器的信任'],
        ['Chromium and Firefox trust hufu.', 'Chromium 與 Firefox 信任虎符。']),
    check('pcscd', 'ok', ['Service for card readers', '讀卡機服務'],
        ['pcscd is running.', 'pcscd 正在執行。']),
    check('certificates', 'ok', ['Certificates on the card', '卡片上的憑證'],
        ['The certificate is valid until 31 October 2031.', '憑證有效至 2031 年 10 月 31 日。']),
];

export const taken = check('ports', 'trouble', ['Ports', '連接埠'],
    ['The program “python3” (process 4711) holds port 56421, so hufu could not start.',
        '程式「python3」（行程 4711）占用連接埠 56421，虎符無法啟動。'],
    ['End that program, then restart hufu.', '請結束該程式，再重新啟動虎符。'],
    { fix: 'restart', code: 61905 });

export const untrusted = check('trust', 'attention', ['Trust of the browsers', '瀏覽器的信任'],
    ['Firefox does not trust hufu yet.', 'Firefox 還不信任虎符。'],
    ['Have hufu add its certificate to Firefox.', '請讓虎符將憑證加入 Firefox。'],
    { fix: 'install', code: 61006 });

export const withCard = {
    service: 'running',
    readers: [{ name: 'Alcor Micro AU9560 00 00', card: true, mute: false, answers: true, atr: '3B9F', held: null }],
    code: 0,
};

export const withoutCard = {
    service: 'running',
    readers: [{ name: 'Alcor Micro AU9560 00 00', card: false, mute: false, answers: true, atr: null, held: null }],
    code: 9056,
};

export class Open {
    #child;
    #folder;

    constructor(home, child, address, log) {
        this.#child = child;
        this.#folder = join(home, '.config/hufu-test/open');
        this.home = home;
        this.address = address;
        this.origin = address.replace(/\/#.*/, '');
        this.port = Number(new URL(address).port);
        this.token = address.replace(/.*#/, '');
        this.ended = once(child, 'exit').then(([code]) => code);
        this.log = log;
    }

    get pid() {
        return this.#child.pid;
    }

    /* What the other commands say from now on: doctor, card, log, after. */
    says(files) {
        saySo(this.#folder, files);
    }

    /* Changes do not succeed from now on. */
    fails() {
        writeFileSync(join(this.#folder, 'fails'), '');
    }

    /* How the other commands were called. */
    get calls() {
        const file = join(this.#folder, 'calls');
        return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    }

    signal(name) {
        this.#child.kill(name);
    }

    stop() {
        return endProcess(this.#child);
    }
}

function saySo(folder, files) {
    mkdirSync(folder, { recursive: true });
    for (const [name, value] of Object.entries(files)) {
        writeFileSync(join(folder, `${name}.json`),
            typeof value === 'string' ? value : JSON.stringify(value));
    }
}

/* Options: env (of the program; its HOME is `home`), what the other commands say. */
export async function startOpen(home, { env = process.env, program = openProgram, ...files } = {}) {
    rmSync(join(home, '.config/hufu-test/open'), { recursive: true, force: true });
    saySo(join(home, '.config/hufu-test/open'), {
        doctor: report(...fine), card: withCard, log: { events: [] }, ...files,
    });
    const log = [];
    const child = spawn(program, ['open', '--print', '--pages', pages],
        { env: { ...env, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(child.stderr).on('line', (line) => log.push(line));
    const [address] = await Promise.race([once(createInterface(child.stdout), 'line'),
        once(child, 'exit').then(() => { throw new Error(`hufu open ended: ${log.join('\n')}`); })]);
    return new Open(home, child, address, log);
}

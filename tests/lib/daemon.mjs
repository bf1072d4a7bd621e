/* A sandbox's hufud in the hands of a test: its settings, its log, its processes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
    appendFileSync, closeSync, existsSync, openSync, readFileSync, readdirSync, readlinkSync,
    writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { skipWithout } from './programs.mjs';
import { programs, startSandbox } from './sandbox.mjs';
import { Page, portalOrigin } from './servisign.mjs';

/* For the `skip` option: what every suite with a daemon needs. */
export function skipDaemon(...more) {
    return skipWithout(join(programs, 'hufud'), 'openssl', 'softhsm2-util', 'pkcs11-tool', ...more);
}

/* Resolves with the first value of `condition` that is neither false nor empty nor undefined. */
export async function until(what, condition, seconds = 20) {
    for (const end = Date.now() + seconds * 1000; ; await sleep(10)) {
        const value = await condition();
        if (value) {
            return value;
        }
        assert.ok(Date.now() < end, `${what} within ${seconds} s`);
    }
}

/* --- processes, as the kernel tells --- */

/* Fields of /proc/PID/stat from the state on; undefined when there is no such process any more. */
function statOf(pid) {
    try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    } catch {
        return undefined;
    }
}

export function isAlive(pid) {
    const stat = statOf(pid);
    return stat !== undefined && stat[0] !== 'Z';
}

const parent = (stat) => Number(stat[1]);
const startTime = (stat) => Number(stat[19]);

/* The processes that `pid` started and that run, oldest first. */
export function childrenOf(pid) {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
        .map((child) => ({ child, stat: statOf(child) }))
        .filter(({ stat }) => stat && parent(stat) === pid && stat[0] !== 'Z')
        .sort((a, b) => startTime(a.stat) - startTime(b.stat) || a.child - b.child)
        .map(({ child }) => child);
}

/* Asleep, without a child, and not for the first time: cminflt, the page faults of children that have
 * ended, is 0 until one has. */
export function isAtRestAgain(pid) {
    const stat = statOf(pid);
    return stat?.[0] === 'S' && Number(stat[8]) > 0 && childrenOf(pid).length === 0;
}

/* undefined when there is no such process any more. */
export function nameOf(pid) {
    try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    } catch {
        return undefined;
    }
}

/* How often the kernel gave `pid` a processor: each wake-up is one. */
export function switchesOf(pid) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return [...status.matchAll(/ctxt_switches:\s*(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
}

/* The inodes of the sockets that `pid` has open. */
export function socketsOf(pid) {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder)
        .map((fd) => readlinkSync(join(folder, fd)).match(/^socket:\[(\d+)\]$/)?.[1])
        .filter(Boolean);
}

/* --- settings --- */

/* Each site may do everything, or what stands after it, and all others are refused without a window, unless `ask`. */
function settingsText({ sites = [portalOrigin], ask = false, ...sections }) {
    const lines = Object.entries(sections).flatMap(([section, rows]) => [
        `[${section}]`, ...Object.entries(rows).map(([name, value]) => `${name} = ${value}`)]);
    const allowed = sites.map((site) => `allow = ${site.includes(' ') ? site : `${site} all`}`);
    return ['[sites]', `ask = ${ask ? 'yes' : 'no'}`, ...allowed, ...lines, ''].join('\n');
}

const dataFolder = fileURLToPath(new URL('../../data', import.meta.url));
const rootOption = process.getuid() === 0 ? ['--allow-root'] : [];
const sanitizerReport = /ERROR: \w+Sanitizer|runtime error:/;

export class Daemon {
    #pages = [];
    #sandboxSettings;

    constructor(sandbox) {
        this.sandbox = sandbox;
        this.#sandboxSettings = readFileSync(this.settingsFile, 'utf8');
        this.port = sandbox.port;
        this.pin = sandbox.pin;
        this.certificate = join(sandbox.home, '.local/share/hufu/tls/leaf.pem');
    }

    get pid() {
        return Number(readFileSync(join(this.sandbox.folder, 'hufud.pid'), 'utf8'));
    }

    /* The one child of hufud, which starts programs for it. */
    get monitor() {
        return childrenOf(this.pid)[0];
    }

    /* The youngest one is the spare. */
    get workers() {
        return childrenOf(this.monitor).filter((pid) => nameOf(pid) === 'hufu-worker');
    }

    /* Seconds that it has computed. */
    get processorTime() {
        const ticks = 100; /* of the kernel, a second: the same on every Linux */
        return (Number(statOf(this.pid)[11]) + Number(statOf(this.pid)[12])) / ticks;
    }

    /* A page, without a session yet; options as of Page. */
    newPage(options) {
        const page = new Page(this, options);
        this.#pages.push(page);
        return page;
    }

    async openPage(options) {
        const page = this.newPage(options);
        await page.echo();
        return page;
    }

    /* Resolves once no worker has done anything for a while. SoftHSM misses a card when it loads
     * while another process logs in to that card; a test waits here between the two. */
    async quiet() {
        let since = Date.now();
        await until('quiet', () => {
            if (this.workers.some((pid) => statOf(pid)?.[0] !== 'S')) {
                since = Date.now();
            }
            return Date.now() - since > 50;
        });
    }

    /* A page that has made its first call, and so has a worker: what was the spare before. */
    async openCardPage(options) {
        const page = await this.openPage(options);
        page.worker = await until('a spare', () => this.workers.at(-1));
        await page.call('GPKI_GetSlotCount');
        assert.ok(isAlive(page.worker));
        await until('the next spare', () => this.workers.at(-1) !== page.worker);
        await this.quiet();
        return page;
    }

    /* --- log --- */

    get log() {
        const { log } = this.sandbox;
        return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
    }

    /* Runs `action`; resolves with the log's new lines, as soon as they hold `expected`; without
     * those of the workers and about the confinement. */
    async logOf(action, expected = /^/) {
        const before = this.log.length;
        const news = () => this.log.slice(before).filter((line) => /^hufud: (?!confined: )/.test(line));
        await action();
        await until(`${expected} in the log`, () => expected.test(news().join('\n')));
        return news();
    }

    /* --- settings --- */

    get settingsFile() {
        return join(this.sandbox.home, '.config/hufu/hufu.ini');
    }

    get componentsFile() {
        return join(this.sandbox.home, '.config/hufu/components.d/sandbox.ini');
    }

    /* The three ports of a product. */
    portsOf(product) {
        const text = readFileSync(this.componentsFile, 'utf8');
        const [, ports] = text.match(new RegExp(`\\[product ${product}\\]\nports = (.*)`));
        return ports.split(' ').map(Number);
    }

    /* Changes the component map, without a reload. */
    addProduct(name, rows) {
        const lines = Object.entries(rows).map(([key, value]) => `${key} = ${value}`);
        appendFileSync(this.componentsFile, [`[product ${name}]`, ...lines, ''].join('\n'));
    }

    /* Resolves with the log's lines about it. */
    reload() {
        return this.logOf(() => process.kill(this.pid, 'SIGHUP'), /reload/);
    }

    /* Which folders the module uses stays as the sandbox has it. */
    #cardFolders = () => ['[card]', ...this.#sandboxSettings.match(/^folder = .*$/gm), ''].join('\n');

    /* Settings other than the sandbox's own, such as { sites: [...], card: { deadline: 2 } };
     * `ask: true` has unknown sites asked about. */
    async configure(settings = {}) {
        writeFileSync(this.settingsFile, settingsText(settings) + this.#cardFolders());
        assert.match((await this.reload()).join('\n'), /hufud: reloaded$/);
    }

    /* --- start and end --- */

    /* Starts hufud where the sandbox was made with --no-daemon, alone or by `command` with its
     * options; returns its process. */
    start({ args = [], env = {}, command = join(programs, 'hufud'), options = [] } = {}) {
        const log = openSync(this.sandbox.log, 'a');
        const child = spawn(command, [...options, '--data', dataFolder, ...rootOption, ...args], {
            stdio: ['ignore', log, log],
            env: { HOME: this.sandbox.home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...env },
        });
        closeSync(log);
        writeFileSync(join(this.sandbox.folder, 'hufud.pid'), `${child.pid}\n`);
        return child;
    }

    async startAndWait(options) {
        const ready = () => this.log.filter((line) => line.startsWith('hufud: ready')).length;
        const before = ready();
        const child = this.start(options);
        await until('hufud', () => child.exitCode !== null || ready() > before);
        assert.equal(child.exitCode, null, this.log.join('\n'));
        return child;
    }

    get isRunning() {
        const file = join(this.sandbox.folder, 'hufud.pid');
        return existsSync(file) && isAlive(this.pid)
            && nameOf(this.pid) === 'hufud';
    }

    /* A hufud that ends tells what it leaked. A second signal does not wait for calls. */
    async #end() {
        this.#pages.forEach((page) => page.close());
        for (let i = 0; i < 2 && this.isRunning; i += 1) {
            process.kill(this.pid, 'SIGTERM');
            await until('the end of hufud', () => !this.isRunning, 5).catch(() => {});
        }
    }

    /* `expected` matches the sanitizers' reports that the test provoked. */
    async stop(expected = /^$/) {
        await this.#end();
        const reports = this.log.filter((line) => (
            sanitizerReport.test(line) && !expected.test(line)));
        await this.sandbox.stop();
        assert.deepEqual(reports, []);
    }
}

/* Options as of startSandbox. */
export async function startDaemon(options) {
    return new Daemon(await startSandbox(options));
}

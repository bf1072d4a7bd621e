/* `hufu trust watch` in the hands of a test, in a home of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
    existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { until } from './daemon.mjs';
import { endProcess } from './processes.mjs';
import { programs } from './sandbox.mjs';

const hufu = join(programs, 'hufu');

export class Watch {
    #child;
    out = '';
    log = '';

    /* `folder` is the name of the home, which ends with the test. */
    constructor(t, folder = 'home') {
        const outer = mkdtempSync(join(tmpdir(), 'hufu-watch-'));
        this.home = join(outer, folder);
        mkdirSync(this.home);
        this.settings('[log]\ndebug = yes\n');
        t.after(async () => {
            await this.stop();
            rmSync(outer, { recursive: true, force: true });
        });
    }

    get env() {
        const { XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, ...rest } = process.env;
        return { ...rest, HOME: this.home, LC_ALL: 'C' };
    }

    path(name) {
        return join(this.home, name);
    }

    get leaf() {
        return this.path('.local/share/hufu/tls/leaf.pem');
    }

    settings(text) {
        const file = this.path('.config/hufu/hufu.ini');
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
    }

    /* Resolves once its first run is over; `command` is a program that starts it. */
    async start({ args = [], command = [] } = {}) {
        const [program, ...rest] = [...command, hufu, 'trust', 'watch', ...args];
        const child = spawn(program, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
        child.stdout.setEncoding('utf8').on('data', (text) => { this.out += text; });
        child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
        this.#child = child;
        if (!args.includes('--again')) {
            await until('its first line', () => this.out.includes('\n'));
        }
        return this;
    }

    get pid() {
        return this.#child.pid;
    }

    async stop() {
        if (this.#child) {
            await endProcess(this.#child);
        }
    }

    /* Ends when its listener goes. */
    async closeOutput() {
        const gone = once(this.#child, 'exit');
        this.#child.stdout.destroy();
        await gone;
    }

    /* The certificates in its folder, as they are. */
    get leaves() {
        return ['leaf.pem', 'next.pem'].map((name) => {
            const file = join(dirname(this.leaf), name);
            return existsSync(file) ? readFileSync(file, 'utf8') : '';
        }).join('');
    }

    get runs() {
        return this.log.match(/trust: looked at/g)?.length ?? 0;
    }

    /* Resolves with the log's new lines about stores once `expected` is among them, which is to be
     * within five seconds. */
    async logOf(action, expected) {
        const before = this.log.length;
        const news = () => this.log.slice(before);
        await action();
        await until(`${expected} in ${JSON.stringify(this.log)}`, () => expected.test(news()), 5);
        return news();
    }

    /* Resolves once it has been without a run, or anything else to do, for a second. */
    async rest() {
        let at = Date.now();
        let before = this.runs;
        await until('rest', () => {
            if (this.runs !== before) {
                before = this.runs;
                at = Date.now();
            }
            return Date.now() - at > 1000;
        });
    }

    /* Runs the hufu command in the same home. */
    trust(...args) {
        return spawnSync(hufu, ['trust', ...args], { env: this.env, encoding: 'utf8' });
    }
}

/* A person at a desk where something breaks: hufu as it is installed, a browser's store, a card, and
 * `hufu doctor`, whose one next step is done word for word. Inside with-network, as root. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, until } from './daemon.mjs';
import { Faulty, faulty } from './faulty.mjs';
import { newPerson } from './person.mjs';
import { programs } from './sandbox.mjs';
import { portalOrigin } from './servisign.mjs';

export const own = ['hufu', 'hufud', 'hufu-worker'];

export class Desk {
    #programs = new Set();

    constructor(person) {
        this.person = person;
        this.home = person.home;
        this.bin = join(person.daemon.sandbox.folder, 'bin');
        this.fault = new Faulty(person.daemon);
        this.extra = {};
    }

    path(...names) {
        return join(this.home, ...names);
    }

    get state() {
        return this.path('.local/state/hufu');
    }

    get chromium() {
        return this.path('.local/share/pki/nssdb');
    }

    get env() {
        return { ...this.person.env, PATH: `${this.bin}:/usr/bin:/bin:/usr/sbin:/sbin`, ...this.extra };
    }

    setPrograms() {
        mkdirSync(this.bin, { recursive: true });
        for (const name of own) {
            execFileSync('install', ['-m', '755', join(programs, name), join(this.bin, name)]);
        }
    }

    /* Runs a program to its end: as the person, or as root. */
    run(command, args, { root = false } = {}) {
        const words = root ? [command, ...args] : ['setpriv', ...this.person.options, command, ...args];
        try {
            const stdout = execFileSync(words[0], words.slice(1), { encoding: 'utf8', env: this.env,
                stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
            return { status: 0, stdout };
        } catch (error) {
            return { status: error.status, stdout: error.stdout, stderr: error.stderr };
        }
    }

    hufu(...args) {
        return this.run(join(this.bin, 'hufu'), args);
    }

    write(name, text) {
        const path = this.path(name);
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, text);
        this.give(join(path, '..'));
    }

    append(name, text) {
        appendFileSync(this.path(name), text);
    }

    read(name) {
        return readFileSync(this.path(name), 'utf8');
    }

    /* What root made in the home becomes the person's. */
    give(path = this.home) {
        execFileSync('chown', ['-R', `${this.person.uid}:${this.person.uid}`, path]);
    }

    /* Starts a program that stays; it ends with the desk at the latest. `uid`: whose it is. */
    async start(command, args, { uid = this.person.uid, ready = /^/ } = {}) {
        const child = spawn('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', command, ...args],
            { env: this.env, stdio: ['ignore', 'pipe', 'inherit'] });
        this.#programs.add(child);
        let text = '';
        child.stdout.on('data', (chunk) => { text += chunk; });
        await until(command, () => child.exitCode !== null || (text && ready.test(text)));
        assert.equal(child.exitCode, null, `${command} runs`);
        return child;
    }

    /* The hufud that runs; 0 for none. */
    get hufud() {
        const file = join(this.state, 'process');
        const names = [file, join(this.state, 'running')].filter(existsSync);
        const pid = names.length > 0 ? parseInt(readFileSync(names[0], 'utf8'), 10) : 0;
        return pid && isAlive(pid) ? pid : 0;
    }

    async endHufud(signal = 'SIGTERM') {
        const pid = this.hufud;
        process.kill(pid, signal);
        await until('the end of hufud', () => !isAlive(pid));
    }

    /* --- doctor --- */

    /* What it says to programs, and what a person reads; both end alike. */
    doctor() {
        const { status, stdout } = this.hufu('doctor', '--json');
        const answer = JSON.parse(stdout);
        assert.equal(status, answer.ok ? 0 : 1);
        return answer;
    }

    lines() {
        return this.hufu('doctor').stdout.split('\n');
    }

    check(id) {
        return this.doctor().checks.find((check) => check.id === id);
    }

    /* Does the commands that a step names: "Run: sudo x", "End y (kill 7), then run: hufu restart". */
    obey(step) {
        const commands = [...step.matchAll(/\((kill \d+)\)|[Rr]un: (.*?)(?=$|, then )|elsewhere: (.*)$/g)]
            .map((match) => match[1] ?? match[2] ?? match[3]);
        assert.notEqual(commands.length, 0, `a command in: ${step}`);
        for (const command of commands) {
            const root = command.startsWith('sudo ');
            const result = this.run('sh', ['-c', command.replaceAll('sudo ', '')], { root });
            assert.equal(result.status, 0, `${command}: ${result.stderr}`);
        }
    }

    /* A page's first call. */
    async pageWorks() {
        const page = this.person.daemon.newPage({ origin: portalOrigin });
        await this.person.as(() => page.echo());
        page.close();
    }

    async stop() {
        for (const child of this.#programs) {
            if (child.exitCode === null && child.signalCode === null) {
                child.kill('SIGKILL');
                await once(child, 'exit');
            }
        }
        if (this.hufud) {
            await this.endHufud('SIGKILL');
        }
        await this.person.stop();
    }
}

/* hufu is installed and works, and its trust is nobody's affair but the test's. */
export async function newDesk(uid = 4242) {
    const person = await newPerson(uid, { more: ['--no-daemon', '--default-ports', '--module', faulty] });
    const desk = new Desk(person);
    desk.setPrograms();
    desk.append('.config/hufu/hufu.ini', '\n[trust]\nkeep = no\n');
    desk.give(person.daemon.sandbox.folder);
    const { status, stderr } = desk.hufu('restart');
    assert.equal(status, 0, stderr);
    return desk;
}


/* A person with a user number of their own, a sandbox's home, and systemd's user manager where one is
 * wanted. Inside with-network (network.mjs), as root. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startDaemon, until } from './daemon.mjs';
import { programs } from './sandbox.mjs';
import { pinentry } from './windows.mjs';

const data = fileURLToPath(new URL('../../data', import.meta.url));
const units = join(dirname(programs), 'data', 'systemd');

export class Person {
    #manager;

    constructor(uid, daemon) {
        this.uid = uid;
        this.daemon = daemon;
        this.home = daemon.sandbox.home;
        this.runtime = `/run/user/${uid}`;
    }

    get options() {
        return [`--reuid=${this.uid}`, `--regid=${this.uid}`, '--clear-groups'];
    }

    get env() {
        return { HOME: this.home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', XDG_RUNTIME_DIR: this.runtime,
            ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /SAN_OPTIONS$/.test(name))) };
    }

    /* Resolves with what a program of this person's did: { status, stdout, stderr }. */
    run(command, ...args) {
        return spawnSync('setpriv', [...this.options, command, ...args],
            { encoding: 'utf8', env: this.env, timeout: 60_000 });
    }

    hufu(...args) {
        return this.run(join(programs, 'hufu'), ...args);
    }

    systemctl(...args) {
        return this.run('systemctl', '--user', ...args);
    }

    /* Runs `action` in this person's name: what it connects to sees them. */
    async as(action) {
        process.seteuid(this.uid);
        try {
            return await action();
        } finally {
            process.seteuid(0);
        }
    }

    /* hufud without systemd, as Daemon starts it. */
    startHufud() {
        return this.daemon.startAndWait({ command: 'setpriv',
            options: [...this.options, join(programs, 'hufud')], env: this.env });
    }

    /* The process of the unit; 0 when it does not run. */
    get mainPid() {
        return Number(this.systemctl('show', '-P', 'MainPID', 'hufud.service').stdout);
    }

    /* The units as they are installed, but with the programs of this build. Its log is
     * that of the sandbox. */
    #installUnits(changes) {
        const folder = join(this.home, '.config/systemd/user');
        mkdirSync(folder, { recursive: true });
        for (const name of ['hufud.socket', 'hufud-dispatch.socket']) {
            copyFileSync(join(data, 'systemd/user', name), join(folder, name));
        }
        const service = readFileSync(join(units, 'hufud.service'), 'utf8')
            .replace(/^ExecStart=.*$/m, `ExecStart=${join(programs, 'hufud')}\n`
                + `StandardError=append:${this.daemon.sandbox.log}`)
            .replace(/^(\w+)=.*$/mg, (line, name) => (name in changes ? `${name}=${changes[name]}` : line));
        writeFileSync(join(folder, 'hufud.service'), service);
        execFileSync('chown', ['-R', `${this.uid}:${this.uid}`, this.daemon.sandbox.folder]);
    }

    /* `changes` are options of hufud.service that a test cannot wait for. */
    async startManager(changes = {}) {
        this.#installUnits(changes);
        const group = `/sys/fs/cgroup/user-${this.uid}`;
        mkdirSync(join(group, 'init'), { recursive: true });
        execFileSync('chown', ['-R', `${this.uid}:${this.uid}`, group]);
        this.#manager = spawn('sh', ['-c', 'echo $$ >"$0/init/cgroup.procs" && exec setpriv "$@"', group,
            ...this.options, '/lib/systemd/systemd', '--user'], { env: this.env, stdio: 'ignore' });
        await until('the user manager', () => /running|degraded/.test(
            this.systemctl('is-system-running').stdout));
    }

    async stopManager() {
        this.#manager?.kill();
        if (this.#manager?.exitCode === null) {
            await once(this.#manager, 'exit');
        }
    }

    async stop() {
        await this.stopManager();
        await this.daemon.stop();
    }
}

/* A person with a card (options as of startSandbox) on the default ports, who has not started hufud. */
export async function newPerson(uid, options = {}) {
    const daemon = await startDaemon({ pinentry, more: ['--no-daemon', '--default-ports'], ...options });
    const person = new Person(uid, daemon);
    mkdirSync(person.runtime, { recursive: true });
    chmodSync(person.runtime, 0o700);
    execFileSync('chown', ['-R', `${uid}:${uid}`, daemon.sandbox.folder, person.runtime]);
    return person;
}


/* hufu-tray on a session bus of its own, with a fixture for `hufu` and a panel, tests/tray. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
    appendFileSync, copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { until } from './daemon.mjs';
import { endProcess } from './processes.mjs';
import { skipWithout } from './programs.mjs';
import { programs } from './sandbox.mjs';

const run = promisify(execFile);

const panelProgram = join(dirname(programs), 'tests/tray/panel');

export const skipTray = (...more) => skipWithout(join(programs, 'hufu-tray'), panelProgram, 'dbus-daemon',
    'busctl', ...more);

/* A bus that starts nothing and knows nobody. */
const busConfig = (folder) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
    "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
    <type>session</type>
    <listen>unix:path=${folder}/bus</listen>
    <auth>EXTERNAL</auth>
    <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
    </policy>
</busconfig>
`;

/* A program whose lines are kept as they come. */
class Talker {
    constructor(program, args, options, stream) {
        this.lines = [];
        this.child = spawn(program, args, options);
        this.child[stream].setEncoding('utf8');
        let rest = '';
        this.child[stream].on('data', (text) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop();
            this.lines.push(...lines);
        });
    }

    stop() {
        return endProcess(this.child);
    }
}

export class Session {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), 'hufu-tray-'));
        this.env = {
            ...process.env,
            HOME: this.folder,
            DBUS_SESSION_BUS_ADDRESS: `unix:path=${this.folder}/bus`,
            XDG_RUNTIME_DIR: this.folder,
            XDG_CONFIG_HOME: '',
            LC_ALL: 'C.UTF-8',
        };
        this.talkers = [];
        this.write('doctor', '');
        this.write('cards', '');
        copyFileSync(fileURLToPath(new URL('../tray/hufu', import.meta.url)), this.path('hufu'));
        copyFileSync(join(programs, 'hufu-tray'), this.path('hufu-tray'));
    }

    path(name) {
        return join(this.folder, name);
    }

    /* In one step: the fixture may read at any moment. */
    write(name, text) {
        writeFileSync(this.path(`${name}.new`), text);
        renameSync(this.path(`${name}.new`), this.path(name));
    }

    remove(name) {
        rmSync(this.path(name), { force: true });
    }

    async startBus() {
        this.write('bus.conf', busConfig(this.folder));
        this.bus = spawn('dbus-daemon', [`--config-file=${this.path('bus.conf')}`, '--nofork', '--print-address'],
            { stdio: ['ignore', 'pipe', 'ignore'] }); /* as root it may not raise its limits, and says so */
        await once(this.bus.stdout, 'data');
    }

    #talker(program, options, stream) {
        const talker = new Talker(program, [], options, stream);
        this.talkers.push(talker);
        return talker;
    }

    async startPanel() {
        const panel = this.#talker(panelProgram, { env: this.env, stdio: ['pipe', 'pipe', 'inherit'] }, 'stdout');
        await until('the panel', () => panel.lines.includes('ready'));
        return panel;
    }

    startTray(more = {}) {
        return this.#talker(this.path('hufu-tray'),
            { env: { ...this.env, ...more }, stdio: ['ignore', 'inherit', 'pipe'] }, 'stderr');
    }

    /* --- the fixture --- */

    #lines(name) {
        return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8').split('\n').slice(0, -1) : [];
    }

    /* What `hufu doctor` answers from now on: checks without `id` get one. */
    findings(checks, first = checks[0]?.id ?? null) {
        const whole = checks.map((check, i) => ({ id: `check${i}`, title: { en: 'T', 'zh-TW': 'T' },
            text: { en: 'Good.', 'zh-TW': '好。' }, step: { en: '', 'zh-TW': '' }, fix: null, code: null,
            details: {}, state: 'ok', ...check }));
        const ok = whole.every(({ state }) => state !== 'trouble');
        this.write('doctor', JSON.stringify({ version: '0.1.0', checks: whole, first, ok }));
        this.write('doctor.exit', ok ? '0' : '1');
    }

    /* How `hufu` was called so far, one line a call. */
    get calls() {
        return this.#lines('calls');
    }

    count(call) {
        return this.calls.filter((line) => line === call).length;
    }

    /* The processes of those whose first argument is NAME. */
    pids(name) {
        return this.#lines(`${name}.pids`).map(Number);
    }

    tellCards(line) {
        appendFileSync(this.path('cards'), `${line}\n`);
    }

    /* --- what the panel asks --- */

    async busctl(...args) {
        const { stdout } = await run('busctl', ['--user', '--json=short', '--', ...args], { env: this.env });
        return stdout.trim() ? JSON.parse(stdout) : undefined;
    }

    async property(name) {
        return (await this.busctl('get-property', this.item, '/StatusNotifierItem', 'org.kde.StatusNotifierItem',
            name)).data;
    }

    menu(method, ...args) {
        return this.busctl('call', this.item, '/MenuBar', 'com.canonical.dbusmenu', method, ...args);
    }

    /* The entries below `parent`, each { id, properties, children }. */
    async layout(parent = 0, depth = -1, names = []) {
        const { data: [revision, root] } = await this.menu('GetLayout', 'iias', parent, depth, names.length, ...names);
        const plain = ([id, properties, children]) => ({
            id,
            properties: Object.fromEntries(Object.entries(properties).map(([name, { data }]) => [name, data])),
            children: children.map(({ data }) => plain(data)),
        });
        return { revision, ...plain(root) };
    }

    /* As a panel does: the entry with this label. */
    async entry(label) {
        const all = (node) => [node, ...node.children.flatMap(all)];
        return all(await this.layout()).find(({ properties }) => properties.label === label);
    }

    async click(label) {
        const { id } = await until(`the entry ${label}`, () => this.entry(label));
        await this.menu('Event', 'isvu', id, 'clicked', 's', '', 0);
    }

    async stop() {
        for (const talker of this.talkers.reverse()) {
            await talker.stop();
        }
        if (this.bus) {
            await endProcess(this.bus);
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}

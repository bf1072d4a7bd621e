/* Row 10: another user of the machine talks to my hufud. SO_PEERCRED says nothing on TCP, and a
 * socket that its owner has closed reads as root's. T-10. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { isAlive, skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';
import { treeOf } from './load.mjs';
import { asNobody, asUser, becomeUser, nobody, skipOtherUser } from './nobody.mjs';

/* What the other user runs; it prints how many bytes came back. */
const connectTo = 'const s = require("net").connect(port, address); let n = 0;'
    + 's.on("data", (d) => { n += d.length; }).on("error", () => {})'
    + '.on("close", () => console.log(n));';

const attempts = {
    'and waits': '',
    'and sends a greeting of TLS': 's.on("connect", () => s.write(Buffer.from('
        + '"160301000e0100000a0303", "hex")));',
    'and closes it at once': 's.on("connect", () => s.destroy());',
    'and sends, and closes it at once': 's.on("connect", () => { s.write("x"); s.destroy(); });',
    'and closes its half': 's.on("connect", () => s.end());',
    'and sends, and closes its half': 's.on("connect", () => s.end("x"));',
    'and resets it': 's.on("connect", () => s.resetAndDestroy());',
};

describe('another user', { skip: skipDaemon('setpriv') || skipOtherUser }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    const program = (address, rest) => (
        `const port = ${daemon.port}, address = "${address}"; ${rest}`);

    for (const address of ['127.0.0.1', '::1']) {
        for (const [name, more] of Object.entries(attempts)) {
            test(`connects to ${address} ${name}: closed before a byte is read`, async () => {
                let result;
                const lines = await daemon.logOf(() => {
                    result = spawnSync(...asNobody(program(address, connectTo + more)),
                        { encoding: 'utf8', timeout: 20_000 });
                }, /another user/);
                assert.deepEqual([result.status, result.stdout], [0, '0\n'], result.stderr);
                assert.deepEqual(lines, ['hufud: connection closed: another user']);
            });
        }
    }

    /* Here hufud is root's, as whose such a socket reads; it looks when there is no owner left. */
    for (const address of ['127.0.0.1', '::1']) {
        for (const end of ['s.end("x")', 's.write("x"); s.destroy()', 's.destroy()']) {
            test(`does ${end} on ${address} and is gone: not taken for root`, async () => {
                process.kill(daemon.pid, 'SIGSTOP');
                const lines = await daemon.logOf(() => {
                    try {
                        const { status, stderr } = spawnSync(...asNobody(program(address,
                            `const s = require("net").connect(port, address, () => { ${end}; });`
                            + 's.on("finish", () => process.exit()).on("close", () => process.exit())'
                        )), { encoding: 'utf8', timeout: 20_000 });
                        assert.equal(status, 0, stderr);
                    } finally {
                        process.kill(daemon.pid, 'SIGCONT');
                    }
                }, /./);
                assert.deepEqual(lines, ['hufud: connection closed: another user']);
            });
        }
    }

    test('with many connections takes none of ours', async () => {
        const many = 'for (let i = 0; i < 300; i++) (function again() {'
            + 'require("net").connect(port, address).on("error", () => {})'
            + '.on("close", () => setTimeout(again, 5)); })();';
        const [command, args] = asNobody(program('127.0.0.1', many));
        const attacker = spawn(command, args, { stdio: 'ignore' });
        try {
            const closed = () => daemon.log.filter((line) => line.endsWith('another user')).length;
            const enough = closed() + 300;
            await until('their connections', () => closed() > enough);
            for (let i = 0; i < 20; i += 1) {
                const page = await daemon.openPage();
                assert.equal(await page.call('GPKI_GetSlotCount'), '1');
                page.close();
            }
            assert.doesNotMatch(daemon.log.join('\n'), /too many connections/);
        } finally {
            attacker.kill('SIGKILL');
            await once(attacker, 'exit');
        }
    });
});

/* A home that others may enter, and no umask that keeps them out of what is made there. */
describe('what hufu keeps and runs', { skip: skipDaemon('setpriv') || skipOtherUser }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        const { folder, home } = daemon.sandbox;
        const umask = process.umask(0);
        await daemon.startAndWait();
        process.umask(umask);
        const others = ['', '.config', '.local', '.local/share', '.local/state'];
        [folder, ...others.map((each) => join(home, each))].forEach((each) => (
            chmodSync(each, 0o755)));
        const page = await daemon.openCardPage();
        await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
        await daemon.sandbox.hufu('sites', 'allow', 'https://new.example.tw');
    });

    after(() => daemon?.stop());

    const asOther = (script) => JSON.parse(execFileSync(...asNobody(script), { encoding: 'utf8' }));

    test('is closed to another user', () => {
        const { home } = daemon.sandbox;
        const folders = ['.local/share/hufu', '.local/state/hufu'].map((name) => join(home, name));
        const files = folders.flatMap((folder) => readdirSync(folder,
            { recursive: true, withFileTypes: true }).map((file) => join(file.parentPath, file.name)));
        assert.ok(files.some((file) => file.endsWith('leaf.key')), files.join());
        assert.ok(files.some((file) => file.endsWith('sites.ini')), files.join());
        const done = asOther(`const fs = require("fs"); const done = [];
            const attempt = (what, path, action) => {
                try { action(path); done.push(what + " " + path); } catch {}
            };
            for (const path of ${JSON.stringify([...folders, ...files])}) {
                attempt("read", path, (p) => fs.closeSync(fs.openSync(p, "r")));
                attempt("written", path, (p) => fs.closeSync(fs.openSync(p, "r+")));
                attempt("listed", path, fs.readdirSync);
                attempt("seen inside", path, (p) => fs.statSync(p + "/."));
                attempt("made in", path, (p) => fs.mkdirSync(p + "/x"));
                attempt("removed", path, (p) => fs.rmSync(p, { recursive: true }));
                attempt("renamed", path, (p) => fs.renameSync(p, p + "x"));
                attempt("opened to all", path, (p) => fs.chmodSync(p, 0o777));
            }
            console.log(JSON.stringify(done));`);
        assert.deepEqual(done, []);
    });

    test('has no place where another user could put something', () => {
        const { home } = daemon.sandbox;
        const open = execFileSync('find',
            [home, '-perm', '/022', '!', '-type', 'l'], { encoding: 'utf8' });
        assert.equal(open, '');
    });

    test('can neither be ended nor looked into', () => {
        const pids = treeOf(daemon.pid);
        assert.ok(pids.length >= 3);
        const done = asOther(`const fs = require("fs"); const done = [];
            for (const pid of ${JSON.stringify(pids)}) {
                for (const signal of [0, "SIGTERM", "SIGKILL", "SIGSTOP", "SIGHUP"])
                    try { process.kill(pid, signal); done.push(pid + " " + signal); } catch {}
                for (const name of ["mem", "maps", "environ", "fd", "fd/0", "cwd", "stack"])
                    try {
                        const path = "/proc/" + pid + "/" + name;
                        if (name === "fd") fs.readdirSync(path);
                        else if (name === "cwd") fs.readlinkSync(path);
                        else fs.readFileSync(path);
                        done.push(path);
                    } catch {}
            }
            console.log(JSON.stringify(done));`);
        assert.deepEqual(done, []);
        assert.deepEqual(pids.filter((pid) => !isAlive(pid)), []);
    });
});

/* The usual case: hufud is a person's, and root is another user as well. */
describe('the hufud of a person', { skip: skipDaemon('setpriv') || skipOtherUser }, () => {
    const person = 54321;
    let daemon;

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
        execFileSync('chown', ['-R', `${person}:${person}`, daemon.sandbox.folder]);
        await daemon.startAndWait({
            command: 'setpriv', options: [...becomeUser(person), join(programs, 'hufud')] });
    });

    after(() => daemon?.stop());

    const shakesHands = (uid) => spawnSync(...asUser(uid, `
        const socket = require("tls").connect({ port: ${daemon.port}, host: "127.0.0.1",
            servername: "localhost", rejectUnauthorized: false });
        socket.on("error", () => {}).on("close", () => console.log("closed"))
            .on("secureConnect", () => { console.log("secure"); process.exit(); });`),
    { encoding: 'utf8', timeout: 20_000 }).stdout.trim();

    test('talks to that person', () => {
        assert.equal(shakesHands(person), 'secure');
    });

    for (const [who, uid] of [['root', 0], ['nobody', nobody]]) {
        test(`does not talk to ${who}`, async () => {
            const lines = await daemon.logOf(() => {
                assert.equal(shakesHands(uid), 'closed');
            }, /another user/);
            assert.deepEqual(lines, ['hufud: connection closed: another user']);
        });
    }
});

/* What hufud and its workers have given up, as the kernel tells, and that each rule bites. Programs
 * with sanitizers are not confined, so all this is about the plain build of `./test compilers`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { skipWithout } from '../lib/programs.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
process.env.HUFU_BUILD = process.env.HUFU_PLAIN ?? join(root, 'build-gcc');

/* They look for the programs where HUFU_BUILD says. */
const {
    childrenOf, nameOf, skipDaemon, startDaemon, until,
} = await import('../lib/daemon.mjs');
const { programs } = await import('../lib/sandbox.mjs');
const { Windows, pinentry } = await import('../lib/windows.mjs');

const hufud = join(programs, 'hufud');
const probe = join(dirname(programs), 'tests/confine/probe');
const line = /confined: landlock \d+, seccomp, no new privileges, not dumpable$/;
const sign = (pin) => ['GPKI_SignData', pin, 'x', '', 0, 4];

/* Why nothing here can be seen: the kernel's own word on landlock comes from the first try. */
function skipConfined(...more) {
    const missing = skipWithout(probe, ...more);
    if (missing) {
        return missing;
    }
    const { stderr } = spawnSync(probe, ['worker', '/', '/', 'read', '/'], { encoding: 'utf8' });
    return !/landlock (\d+), seccomp/.test(stderr) && `missing: ${stderr.trim()}`;
}

function statusOf(pid) {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Object.fromEntries(text.split('\n').map((row) => row.split(/:\t\s*/)));
}

describe('a confined process', { skip: skipConfined() }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hufu-confined-'));
    const readable = join(folder, 'readable');
    const writable = join(folder, 'writable');

    before(() => {
        spawnSync('mkdir', [readable, writable]);
        [folder, readable, writable].forEach((at) => writeFileSync(join(at, 'file'), 'x'));
    });

    after(() => rmSync(folder, { recursive: true }));

    /* What became of it: OK, an error's name, or the signal that ended it. */
    function attempt(kind, action, path = '/') {
        const { stdout, signal, stderr } = spawnSync(
            probe, [kind, readable, writable, action, path], { encoding: 'utf8' });
        const version = Number(stderr.match(/landlock (\d+)/)[1]);
        return { outcome: signal ?? stdout.trim(), version };
    }

    /* Action, path, what becomes of it in hufud and in a worker; which landlock it takes. */
    const rules = [
        ['read', join(readable, 'file'), 'OK', 'OK'],
        ['read', join(writable, 'file'), 'OK', 'OK'],
        ['read', join(folder, 'file'), 'EACCES', 'EACCES'],
        ['read', '/etc/passwd', 'EACCES', 'EACCES'],
        ['read', join(readable, '../file'), 'EACCES', 'EACCES'],
        ['write', join(readable, 'file'), 'EACCES', 'EACCES'],
        ['write', join(readable, 'new'), 'EACCES', 'EACCES'],
        ['write', join(writable, 'new'), 'OK', 'OK'],
        ['write', join(folder, 'new'), 'EACCES', 'EACCES'],
        ['link', join(writable, 'link'), 'ENOSYS', 'EACCES'],
        ['execve', '/bin/true', 'SIGSYS', 'EPERM'],
        ['fork', '', 'SIGSYS', 'OK'],
        ['thread', '', 'SIGSYS', 'OK'],
        ['executable-memory', '', 'EACCES', 'OK'],
        ['executable-change', '', 'EACCES', 'OK'],
        ['tcp', '', 'OK', 'EAFNOSUPPORT'],
        ['listen', '', 'OK', 'EAFNOSUPPORT'],
        ['connect', '', 'ENOSYS', 'EACCES', 4],
        ['udp', '', 'ENOSYS', 'EAFNOSUPPORT'],
        ['netlink', '', 'ENOSYS', 'EAFNOSUPPORT'],
        ['packet', '', 'ENOSYS', 'EAFNOSUPPORT'],
        ['unix', '', 'ENOSYS', 'OK'],
        ['kill', '', 'ENOSYS', 'EPERM', 6],
        ['ptrace', '', 'SIGSYS', 'EPERM'],
        ['io_uring', '', 'SIGSYS', 'EPERM'],
        ['keyctl', '', 'SIGSYS', 'EPERM'],
        ['unshare', '', 'SIGSYS', 'EPERM'],
        ['typing', '', 'ENOSYS', 'EPERM'],
        ['abort', '', 'SIGABRT', 'SIGABRT'],
    ];
    for (const [action, path, service, worker, needs = 0] of rules) {
        test(`${action} ${path.replace(folder, '')}`, (t) => {
            const results = ['service', 'worker'].map((kind) => attempt(kind, action, path));
            if (results[0].version < needs) {
                t.skip(`missing: landlock ${needs}`);
                return;
            }
            assert.deepEqual(results.map(({ outcome }) => outcome), [service, worker]);
        });
    }
});

describe('hufud and its processes', { skip: skipConfined() || skipDaemon() }, () => {
    let daemon;
    let page;
    let windows;
    let workerMonitor;

    before(async () => {
        daemon = await startDaemon({ pinentry });
        windows = new Windows(daemon);
        page = await daemon.openCardPage();
        [workerMonitor] = childrenOf(page.worker);
    });

    after(() => daemon?.stop());

    test('say so in the log, and hufud in a file of the home', () => {
        const said = (name) => daemon.log.filter((row) => row.startsWith(`${name}: confined: `));
        assert.equal(said('hufud').length, 1);
        assert.ok(said('hufu-worker').length >= 2);
        [...said('hufud'), ...said('hufu-worker')].forEach((row) => assert.match(row, line));
        assert.ok(!daemon.log.some((row) => row.includes('not confined')));
        const file = join(daemon.sandbox.home, '.local/state/hufu/confinement');
        assert.equal(`hufud: confined: ${readFileSync(file, 'utf8')}`, `${said('hufud')[0]}\n`);
    });

    test('are confined, except for the monitors', () => {
        for (const pid of [daemon.pid, page.worker]) {
            const { Seccomp, NoNewPrivs } = statusOf(pid);
            assert.deepEqual([Seccomp, NoNewPrivs], ['2', '1']);
        }
        for (const pid of [daemon.monitor, workerMonitor]) {
            const { Name, Seccomp, NoNewPrivs } = statusOf(pid);
            assert.deepEqual([Name, Seccomp, NoNewPrivs], ['hufu-monitor', '0', '0']);
        }
    });

    test('put no memory into a core', () => {
        for (const pid of [daemon.pid, page.worker, daemon.monitor, workerMonitor]) {
            assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
            assert.equal(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'), '00000000\n');
        }
    });

    test('give the PIN window a free hand, and the worker\'s environment', async () => {
        const answer = page.call(...sign(''));
        const window = await windows.one();
        assert.deepEqual(childrenOf(workerMonitor), [window]);
        const { Seccomp, NoNewPrivs } = statusOf(window);
        assert.deepEqual([Seccomp, NoNewPrivs], ['0', '0']);
        await windows.cancel();
        assert.equal(await answer, '');
        await until('the end of the window', () => nameOf(window) === undefined);
    });
});

describe('the memory of confined processes', {
    skip: skipConfined('setpriv') || skipDaemon(),
}, () => {
    const powerless = ['--bounding-set=-all', '--inh-caps=-all'];
    let daemon;

    /* Root without its powers is a user like any other, and may look at what is its own. */
    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--no-daemon'] });
        await daemon.startAndWait({ command: 'setpriv', options: [...powerless, hufud] });
    });

    after(() => daemon?.stop());

    test('is closed to other processes of the same user', async () => {
        const look = (pid) => spawnSync(
            'setpriv', [...powerless, 'head', '-c1', `/proc/${pid}/auxv`], { encoding: 'latin1' });
        const plain = spawnSync('setpriv', [...powerless, 'sh', '-c',
            'head -c1 /proc/$$/auxv | wc -c'], { encoding: 'utf8' });
        assert.equal(plain.stdout.trim(), '1', 'what is not confined can be looked at');
        const [worker] = await until('a spare', () => daemon.workers.length && daemon.workers);
        await until('its confinement', () => statusOf(worker).Seccomp === '2');
        const [monitor] = childrenOf(worker);
        for (const pid of [daemon.pid, daemon.monitor, worker, monitor]) {
            const { status, stderr } = look(pid);
            assert.notEqual(status, 0);
            assert.match(stderr, /Permission denied/);
        }
    });
});

describe('a whole life under strace', { skip: skipConfined('strace') || skipDaemon() }, () => {
    const secret = '/evil/hufu-test';
    const poison = {
        LD_ORIGIN_PATH: secret, OPENSSL_CONF: secret, OPENSSL_MODULES: secret, GCONV_PATH: secret,
        SOFTHSM2_CONF: secret, OPENSC_CONF: secret, PKCS11_MODULE_PATH: secret,
        P11_KIT_CONFIG: secret, NSS_DEFAULT_DB_TYPE: secret, TMPDIR: secret, LISTEN_FDNAMES: secret,
        NOTIFY_SOCKET: secret, PYTHONPATH: secret, BASH_ENV: secret, ENV: secret,
    };
    const allowed = /^(HOME|LANG|LANGUAGE|LC_\w+|XDG_\w+|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS|USER|LOGNAME|TZ|PATH)=/;
    let daemon;
    /* What is not dumpable shows strace its calls, but not the texts in its memory. */
    const asUser = process.getuid() !== 0 && 'missing: root';
    let started; /* name and environment of each program that the monitors started */
    let calls; /* of hufud, after it was confined */
    let trace;

    before(async () => {
        daemon = await startDaemon({ pinentry, more: ['--no-daemon'] });
        trace = join(daemon.sandbox.folder, 'trace');
        const strace = daemon.start({
            command: 'strace', options: ['-f', '-qq', '-v', '-s', '9999', '-o', trace, hufud],
            env: poison });
        await until('hufud', () => daemon.log.some((row) => row.startsWith('hufud: ready')));
        const pid = childrenOf(strace.pid).find((child) => nameOf(child) === 'hufud');
        writeFileSync(join(daemon.sandbox.folder, 'hufud.pid'), `${pid}\n`);

        const windows = new Windows(daemon);
        const page = await daemon.openCardPage();
        const answer = page.call(...sign(''));
        await windows.type(daemon.pin);
        assert.ok((await answer).length > 1000);
        assert.deepEqual(await daemon.reload(), ['hufud: reloaded']);
        assert.ok((await page.call(...sign(daemon.pin))).length > 1000);
        process.kill(daemon.pid, 'SIGTERM');
        await until('the end', () => strace.exitCode !== null);
        assert.equal(strace.exitCode, 0);

        const own = readFileSync(trace, 'utf8').split('\n')
            .filter((row) => row.startsWith(`${pid} `)).map((row) => row.replace(/^\d+ +/, ''));
        const last = own.findLastIndex((row) => /^seccomp\(SECCOMP_SET_MODE_FILTER, /.test(row));
        calls = own.slice(last + 1);
        started = [...readFileSync(trace, 'utf8').matchAll(
            / execve\("[^"]*", \["(hufu-worker|hufu|pinentry)"[^\]]*\], \["(.*)"\]/g)]
            .map(([, name, environment]) => ({ name, environment: environment.split('", "') }));
    });

    after(() => daemon?.stop());

    test('hufud starts nothing, opens no socket, and makes no memory executable', () => {
        assert.ok(calls.length > 100, `${calls.length} calls`);
        const forbidden = calls.filter((call) => (
            /^(exec|fork|vfork|clone|socket|connect|ptrace|prctl|mprotect.*PROT_EXEC|mmap.*PROT_EXEC)/
                .test(call)));
        assert.deepEqual(forbidden, []);
    });

    test('hufud misses no system call and no file', () => {
        assert.deepEqual(calls.filter((call) => /= -1 (ENOSYS|EPERM|EACCES)/.test(call)), []);
    });

    test('hufud reads its own folders alone', { skip: asUser }, () => {
        const files = calls.map((call) => call.match(/^openat\(AT_FDCWD, "([^"]+)"/)?.[1])
            .filter(Boolean);
        const { home } = daemon.sandbox;
        const own = [join(root, 'data'), '/etc/hufu', join(home, '.config/hufu'),
            join(home, '.local/share/hufu'), join(home, '.local/state/hufu'), '/dev/urandom',
            '/etc/localtime'];
        assert.ok(files.length > 5);
        const strange = files.filter((file) => !own.some((at) => file.startsWith(at)));
        assert.deepEqual(strange, []);
    });

    test('workers and windows hear of nothing but screen, language and home', { skip: asUser }, () => {
        const names = started.map(({ name }) => name);
        ['hufu-worker', 'hufu', 'pinentry'].forEach((name) => assert.ok(names.includes(name), name));
        for (const { environment } of started) {
            assert.ok(environment.includes(`HOME=${daemon.sandbox.home}`));
            assert.ok(environment.includes('PATH=/usr/bin:/bin'));
            assert.deepEqual(environment.filter((entry) => !allowed.test(entry)), []);
        }
    });

    test('no process opens what the environment of hufud names', { skip: asUser }, () => {
        const opened = readFileSync(trace, 'utf8').split('\n')
            .filter((row) => row.includes(secret) && !/ (execve|connect)\(/.test(row));
        assert.deepEqual(opened, []);
    });
});

describe('the programs', { skip: skipWithout(hufud, 'checksec') }, () => {
    for (const name of ['hufud', 'hufu-worker', 'hufu']) {
        test(`${name} is hardened, says checksec`, () => {
            const file = join(programs, name);
            const { stdout } = spawnSync('checksec', ['--format=json', `--file=${file}`],
                { encoding: 'utf8' });
            const found = JSON.parse(stdout)[file];
            const { relro, canary, nx, pie, rpath, runpath, fortify_source: fortify } = found;
            assert.deepEqual({ relro, canary, nx, pie, rpath, runpath, fortify }, {
                relro: 'full', canary: 'yes', nx: 'yes', pie: 'yes', rpath: 'no', runpath: 'no',
                fortify: 'yes' });
        });
    }
});

/* Trust as a state: what `hufu trust watch` notices without a command, when it rests, and how hufud
 * and it live together. certutil and openssl only judge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, unlinkSync,
    writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';

import {
    childrenOf, isAlive, nameOf, skipDaemon, startDaemon, switchesOf, until,
} from '../lib/daemon.mjs';
import { writeLeaf } from '../lib/leaf.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { Watch } from '../lib/watch.mjs';

const skip = skipWithout('certutil', 'openssl');
const day = 24 * 3600;
const successorDays = 90; /* before its end, a certificate gets its successor */

function run(program, ...args) {
    const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(error, undefined, `${program} could not be started`);
    assert.equal(status, 0, stderr);
    return stdout;
}

const fingerprint = (file) => run('openssl', 'x509', '-in', file, '-noout', '-fingerprint', '-sha256');

/* How many certificates a database trusts as servers. */
function trusted(database) {
    return existsSync(join(database, 'cert9.db'))
        ? run('certutil', '-L', '-d', `sql:${database}`).match(/\b(PC|CP),,/g)?.length ?? 0 : 0;
}

/* A profile of Firefox by its layout, in the folder that holds profiles.ini. */
function makeProfile(watch, root = '.config/mozilla/firefox', name = 'abc.default') {
    const profile = watch.path(join(root, name));
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    writeFileSync(watch.path(join(root, 'profiles.ini')),
        `[Profile0]\nName=x\nIsRelative=1\nPath=${name}\n`);
    return profile;
}

/* Resolves once `pid` has not been woken for so long; one in a circle never is. */
async function still(pid, milliseconds) {
    let seen = [switchesOf(pid), Date.now()];
    await until('a rest', () => {
        const now = switchesOf(pid);
        seen = seen[0] === now ? seen : [now, Date.now()];
        return Date.now() - seen[1] > milliseconds;
    });
}

/* A certificate that ends in so many seconds. */
function makeLeaf(watch, seconds) {
    mkdirSync(dirname(watch.leaf), { recursive: true, mode: 0o700 });
    writeLeaf(dirname(watch.leaf), 'leaf', Date.now() + seconds * 1000);
}

const chromium = '.local/share/pki/nssdb';

describe('hufu trust watch', { skip }, () => {
    test('does what install does, and says that there is a certificate', async (t) => {
        const watch = await new Watch(t).start();
        assert.equal(watch.out, 'leaf\n');
        assert.match(watch.log, /^hufu: trust: added to chromium ~\/\.local\/share\/pki\/nssdb$/im);
        assert.equal(trusted(watch.path(chromium)), 1);
        assert.ok(!watch.log.includes(watch.home), 'no home is in the log');
    });

    test('trusts what appears while it runs, each within five seconds', async (t) => {
        const watch = await new Watch(t).start();
        const old = watch.path('.pki/nssdb');
        await watch.logOf(() => mkdirSync(old, { recursive: true }), /added to chromium ~\/\.pki/i);
        assert.equal(trusted(old), 1);
        for (const root of ['.config/mozilla/firefox', '.mozilla/firefox',
            'snap/firefox/common/.mozilla/firefox',
            '.var/app/org.mozilla.firefox/.mozilla/firefox', '.librewolf']) {
            let profile;
            await watch.logOf(() => { profile = makeProfile(watch, root); }, /added to \w+.* ~/);
            assert.equal(trusted(profile), 1, root);
        }
        assert.match(watch.log, /added to Firefox \(snap\) ~\/snap\/firefox/);
    });

    test('trusts a database that takes the place of another', async (t) => {
        const watch = await new Watch(t).start();
        const database = watch.path(chromium);
        await watch.rest();
        await watch.logOf(() => rmSync(database, { recursive: true }), /added to/);
        assert.equal(trusted(database), 1);
        await watch.rest();
        const fresh = watch.path('fresh');
        mkdirSync(fresh);
        run('certutil', '-N', '--empty-password', '-d', `sql:${fresh}`);
        await watch.logOf(() => renameSync(join(fresh, 'cert9.db'), join(database, 'cert9.db')),
            /added to/);
        await watch.rest();
        await watch.logOf(() => renameSync(watch.path('.local/share/pki'), watch.path('moved')),
            /added to/);
        assert.equal(trusted(database), 1);
    });

    test('gives back what was taken out of a store', async (t) => {
        const watch = await new Watch(t).start();
        const database = watch.path(chromium);
        await watch.rest();
        const [, nickname] = run('certutil', '-L', '-d', `sql:${database}`).match(/^(hufu.*\S) +\S+ *$/m);
        await watch.logOf(() => run('certutil', '-D', '-d', `sql:${database}`, '-n', nickname),
            /added to/);
        assert.equal(trusted(database), 1);
    });

    test('runs once more for what it did itself, and then rests without a wake-up', async (t) => {
        const watch = new Watch(t);
        makeProfile(watch);
        mkdirSync(watch.path('.pki/nssdb'), { recursive: true });
        await watch.start();
        await watch.rest();
        assert.ok(watch.runs <= 2, `${watch.runs} runs`);
        const before = watch.runs;
        await watch.logOf(() => makeProfile(watch, '.mozilla/firefox'), /added to/);
        await watch.rest();
        assert.ok(watch.runs <= before + 2, `${watch.runs - before} runs for one profile`);
        await still(watch.pid, 3000);
    });

    test('runs no more than twenty times a minute, whoever keeps it awake', async (t) => {
        const watch = await new Watch(t).start();
        for (let i = 0; !watch.log.includes('change too often'); i += 1) {
            assert.ok(i < 100, `${watch.runs} runs`);
            watch.settings(`[log]\ndebug = yes\n; ${i}\n`);
            await sleep(400);
        }
        const { runs } = watch; /* one that met a file half written has no line */
        assert.ok(runs > 15 && runs <= 20, `${runs} runs`);
        watch.settings('[log]\ndebug = yes\n');
        await sleep(3000);
        assert.equal(watch.runs, runs);
        assert.equal(watch.log.match(/change too often/g).length, 1);
    });

    test('is not woken by what browsers write all day', async (t) => {
        const watch = new Watch(t);
        const profile = makeProfile(watch);
        await watch.start();
        await still(watch.pid, 1000);
        const switches = switchesOf(watch.pid);
        for (let i = 0; i < 50; i += 1) {
            writeFileSync(join(profile, `sessionstore-${i}.js`), 'x');
            unlinkSync(join(profile, `sessionstore-${i}.js`));
        }
        await sleep(500);
        assert.equal(switchesOf(watch.pid), switches);
    });

    test('two of them in one home do not keep each other awake', async (t) => {
        const one = await new Watch(t).start();
        const two = new Watch(t);
        two.home = one.home;
        makeProfile(one);
        truncateSync(join(one.path(chromium), 'cert9.db'), 5000); /* refused, all the time */
        await two.start();
        let seen = [0, Date.now()];
        await until('rest of both', () => {
            seen = seen[0] === one.runs + two.runs ? seen : [one.runs + two.runs, Date.now()];
            return Date.now() - seen[1] > 3000;
        });
        assert.ok(seen[0] < 15, `${seen[0]} runs`);
        assert.equal(trusted(one.path('.config/mozilla/firefox/abc.default')), 1);
    });

    test('names a damaged store once, and trusts it as soon as it is mended', async (t) => {
        const watch = new Watch(t);
        const profile = makeProfile(watch);
        run('certutil', '-N', '--empty-password', '-d', `sql:${profile}`);
        const file = join(profile, 'cert9.db');
        const good = readFileSync(file);
        truncateSync(file, 5000);
        await watch.start();
        await watch.rest();
        assert.equal(watch.log.match(/refused by firefox/gi).length, 1, watch.log);
        assert.ok(watch.runs <= 2, `${watch.runs} runs`);
        await watch.logOf(() => mkdirSync(watch.path('.pki/nssdb'), { recursive: true }), /added to/);
        await watch.rest();
        assert.equal(watch.log.match(/refused by firefox/gi).length, 1, watch.log);
        await watch.logOf(() => writeFileSync(file, good), /added to firefox/i);
        assert.equal(trusted(profile), 1);
    });

    test('a read-only store is trusted as soon as it may be written', { skip: process.getuid() === 0
        && 'root may write to everything' }, async (t) => {
        const watch = new Watch(t);
        const profile = makeProfile(watch);
        run('certutil', '-N', '--empty-password', '-d', `sql:${profile}`);
        chmodSync(join(profile, 'cert9.db'), 0o400);
        await watch.start();
        assert.match(watch.log, /refused by firefox/i);
        await watch.logOf(() => chmodSync(join(profile, 'cert9.db'), 0o600), /added to firefox/i);
    });

    test('rests when a person took it back, until a person wants it again', async (t) => {
        const watch = await new Watch(t).start();
        await watch.rest();
        assert.equal(watch.trust('remove').status, 0);
        rmSync(dirname(watch.leaf), { recursive: true, force: true });
        const runs = watch.runs;
        makeProfile(watch);
        mkdirSync(watch.path('.pki/nssdb'), { recursive: true });
        await watch.rest();
        assert.equal(watch.runs, runs, watch.log);
        assert.equal(existsSync(watch.leaf), false);
        assert.equal(trusted(watch.path(chromium)), 0);
        assert.equal(watch.out, 'leaf\n');
        watch.trust('install');
        await until('it noticed', () => watch.out === 'leaf\nleaf\n', 5);
        assert.equal(trusted(watch.path('.config/mozilla/firefox/abc.default')), 1);
    });

    test('rests then, whatever the date', async (t) => {
        const watch = new Watch(t);
        makeLeaf(watch, successorDays * day + 3);
        await watch.start();
        watch.trust('remove');
        rmSync(dirname(watch.leaf), { recursive: true, force: true });
        await sleep(4000); /* past the date */
        await still(watch.pid, 2000);
        assert.equal(existsSync(watch.leaf), false);
    });

    test('started again, it takes a missing certificate for taken back', async (t) => {
        const watch = await new Watch(t).start({ args: ['--again'] });
        await watch.rest();
        assert.equal(watch.runs, 0);
        assert.equal(existsSync(watch.leaf), false);
        watch.trust('install');
        await until('it noticed', () => watch.out === 'leaf\n', 5);
    });

    test('does nothing more where hufu.ini does not want it', async (t) => {
        const watch = new Watch(t);
        watch.settings('[log]\ndebug = yes\n[trust]\nkeep = no\n');
        await watch.start();
        assert.ok(existsSync(watch.leaf), 'a missing certificate is made all the same');
        const profile = makeProfile(watch);
        await watch.rest();
        assert.equal(watch.runs, 1);
        await watch.logOf(() => watch.settings('[log]\ndebug = yes\n'), /added to firefox/i);
        assert.equal(trusted(profile), 1);
        await watch.rest();
        const { runs } = watch;
        watch.settings('[log]\ndebug = yes\n[trust]\nkeep = no\n');
        mkdirSync(watch.path('.pki/nssdb'), { recursive: true });
        await watch.rest();
        assert.equal(watch.runs, runs);
    });

    test('renews an expired certificate at its start', async (t) => {
        const watch = new Watch(t);
        makeLeaf(watch, -60);
        const old = fingerprint(watch.leaf);
        await watch.start();
        assert.notEqual(fingerprint(watch.leaf), old);
        assert.equal(watch.out, 'leaf\n');
    });

    test('wakes when the certificate needs its successor', async (t) => {
        const watch = new Watch(t);
        makeLeaf(watch, successorDays * day + 4);
        await watch.start();
        const { leaves } = watch;
        await watch.rest();
        assert.equal(watch.leaves, leaves, 'not before');
        await until('a successor', () => watch.leaves !== leaves, 8);
        await until('hufud is told', () => watch.out === 'leaf\nleaf\n', 5);
        await watch.rest();
    });

    test('a certificate that another run made is told', async (t) => {
        const watch = await new Watch(t).start();
        await watch.rest();
        unlinkSync(join(dirname(watch.leaf), 'leaf.key'));
        await until('it is told', () => watch.out === 'leaf\nleaf\n', 5);
    });

    test('odd homes', async (t) => {
        for (const name of ['with spaces', '中文 家', 'a"b\\c\n']) {
            const watch = await new Watch(t, name).start();
            await watch.logOf(() => makeProfile(watch), /added to firefox/i);
        }
        const watch = new Watch(t, 'real');
        const link = join(dirname(watch.home), 'link');
        run('ln', '-s', watch.home, link);
        watch.home = link;
        await watch.start();
        await watch.logOf(() => mkdirSync(watch.path('.pki/nssdb'), { recursive: true }), /added to/);
    });

    test('without watches left it says so and goes on', {
        skip: skipWithout('certutil', 'unshare') }, async (t) => {
        const few = 'echo 3 >/proc/sys/user/max_inotify_watches && exec "$@"';
        const watch = await new Watch(t).start({
            command: ['unshare', '--user', '--map-root-user', 'sh', '-c', few, 'sh'] });
        await watch.rest();
        assert.match(watch.log, /no more inotify watches/);
        assert.equal(watch.log.match(/no more inotify/g).length, 1);
        assert.equal(trusted(watch.path(chromium)), 1);
    });

    test('ends with who listens to it', async (t) => {
        const watch = await new Watch(t).start();
        await watch.closeOutput();
        assert.equal(isAlive(watch.pid), false);
    });

    test('wants no other arguments', (t) => {
        const watch = new Watch(t);
        for (const args of [['--agai'], ['--again', 'x'], ['--json']]) {
            assert.equal(watch.trust('watch', ...args).status, 2);
        }
    });
});

describe('hufud and its watch', { skip: skipDaemon('certutil') }, () => {
    let daemon;
    before(async () => { daemon = await startDaemon({ more: ['--no-daemon'] }); });
    after(() => daemon?.stop());

    const watchOf = () => childrenOf(daemon.monitor).find((pid) => nameOf(pid) === 'hufu-watch');

    /* The certificate of a new connection. */
    function served() {
        return new Promise((resolve, reject) => {
            const socket = connect({ port: daemon.port, host: '127.0.0.1', rejectUnauthorized: false },
                () => {
                    resolve(`sha256 Fingerprint=${socket.getPeerCertificate().fingerprint256}\n`);
                    socket.destroy();
                });
            socket.on('error', reject);
        });
    }

    test('hufud waits where there is no certificate, and for no other', async () => {
        await daemon.startAndWait();
        await daemon.openPage();
        await until('watch', watchOf);
        assert.equal(await served(), fingerprint(daemon.certificate));
        process.kill(daemon.pid);
        await until('the end', () => !daemon.isRunning);
        const watches = daemon.log.length;
        await daemon.startAndWait();
        assert.ok(daemon.log.length > watches);
    });

    test('hufud serves another certificate without a new start', async () => {
        const old = await served();
        const page = await daemon.openPage();
        await until('watch', watchOf);
        unlinkSync(daemon.certificate.replace('.pem', '.key'));
        await until('another one', async () => await served() !== old, 8);
        assert.equal(await served(), fingerprint(daemon.certificate));
        await page.echo();
    });

    test('a new profile is trusted while hufud runs', async () => {
        const root = join(daemon.sandbox.home, '.mozilla/firefox');
        const profile = join(root, 'x.default');
        mkdirSync(profile, { recursive: true });
        writeFileSync(join(root, 'profiles.ini'), '[Profile0]\nName=x\nIsRelative=1\nPath=x.default\n');
        await until('trust', () => (
            /^hufu: trust: added to firefox ~\/\.mozilla/im.test(daemon.log.join('\n'))), 5);
        assert.equal(trusted(profile), 1);
    });

    test('one that dies is started again, and hufud goes on', async () => {
        const first = await until('watch', watchOf);
        await daemon.logOf(() => process.kill(first, 'SIGKILL'), /trust watch has ended/);
        await daemon.openPage();
        const second = await until('the next', watchOf);
        assert.notEqual(second, first);
        const old = await served();
        unlinkSync(daemon.certificate.replace('.pem', '.key'));
        await until('another certificate', async () => await served() !== old, 8);
        assert.equal(watchOf(), second);
    });

    test('one that is started again makes nothing that a person took back', async () => {
        await daemon.sandbox.hufu('trust', 'remove');
        rmSync(dirname(daemon.certificate), { recursive: true, force: true });
        const first = watchOf();
        process.kill(first, 'SIGKILL');
        await until('the next', () => watchOf() && watchOf() !== first);
        await sleep(1500);
        assert.equal(existsSync(daemon.certificate), false);
        assert.ok(await served());
        await daemon.sandbox.hufu('trust', 'install');
        await until('its certificate', async () => await served() === fingerprint(daemon.certificate), 5);
    });

    test('it ends with hufud, however that ends', async () => {
        for (const signal of ['SIGTERM', 'SIGKILL']) {
            const watch = await until('watch', watchOf);
            const { monitor } = daemon;
            process.kill(daemon.pid, signal);
            await until('the end of all', () => ![watch, monitor].some(isAlive), 5);
            await until('the end', () => !daemon.isRunning);
            await daemon.startAndWait();
        }
    });

    test('keep = no: none, unless the certificate is missing', async () => {
        process.kill(daemon.pid);
        await until('the end', () => !daemon.isRunning);
        const settings = readFileSync(daemon.settingsFile, 'utf8');
        writeFileSync(daemon.settingsFile, `${settings}[trust]\nkeep = no\n`);
        await daemon.startAndWait();
        await until('a spare', () => daemon.workers.at(-1));
        assert.equal(watchOf(), undefined);
        writeFileSync(daemon.settingsFile, settings);
        await daemon.reload();
        await until('watch', watchOf);
        writeFileSync(daemon.settingsFile, `${settings}[trust]\nkeep = maybe\n`);
        assert.match((await daemon.reload()).join('\n'), /reload failed/);
        writeFileSync(daemon.settingsFile, settings);
        await daemon.reload();
    });

    test('a home in which no certificate can be made is said', async () => {
        process.kill(daemon.pid);
        await until('the end', () => !daemon.isRunning);
        const tls = dirname(daemon.certificate);
        rmSync(tls, { recursive: true });
        writeFileSync(tls, 'a file where the folder should be');
        const began = Date.now();
        const child = daemon.start();
        await until('exit', () => child.exitCode !== null);
        assert.equal(child.exitCode, 1);
        assert.ok(Date.now() - began < 5000, 'it does not wait in vain');
        assert.match(daemon.log.join('\n'), /hufud: cannot start: .*certificate/);
    });
});

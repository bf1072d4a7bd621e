/* hufu setup and its --remove, where the user has a systemd and where not. The package, which brings
 * units for everybody, is tested by tests/package/run. */
import '../lib/plain.mjs'; /* as in units.test.mjs */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isAlive, skipDaemon } from '../lib/daemon.mjs';
import { isInside, runInside } from '../lib/network.mjs';
import { newPerson } from '../lib/person.mjs';
import { programs } from '../lib/sandbox.mjs';

const uid = 54322;
const hasTray = existsSync(join(programs, 'hufu-tray'));
const tray = fileURLToPath(new URL('../../data/autostart/hufu-tray.desktop', import.meta.url));
const changed = { login: 'changed', tray: hasTray ? 'changed' : 'skipped', trust: 'changed', service: 'changed',
    policy: 'skipped' };
const unchanged = { ...changed, login: 'unchanged', tray: hasTray ? 'unchanged' : 'skipped', trust: 'unchanged',
    service: 'unchanged' };
const skip = skipDaemon('setpriv', 'systemctl', '/lib/systemd/systemd');

function defineTests() {
    let person;
    let data;

    const files = () => execFileSync('find', [person.home, '-printf', '%y %m %P\n'], { encoding: 'utf8' })
        .split('\n').sort();
    const entry = () => join(person.home, '.config/autostart/hufud.desktop');

    const run = (...args) => person.hufu('setup', '--data', data, ...args);
    const setUp = (...args) => {
        const { status, stdout, stderr } = run(...args, '--json');
        const answer = JSON.parse(stdout);
        assert.equal(status, answer.ok ? 0 : 1, stderr);
        return { ...answer, states: Object.fromEntries(answer.steps.map(({ id, state }) => [id, state])) };
    };

    before(async () => {
        person = await newPerson(uid);
        data = mkdtempSync(join(tmpdir(), 'hufu-setup-'));
        execFileSync('chmod', ['755', data]);
        mkdirSync(join(data, 'autostart'));
        mkdirSync(join(data, 'sites.d'));
        copyFileSync(join(dirname(programs), 'data/systemd/hufud.desktop'), join(data, 'autostart/hufud.desktop'));
        if (hasTray) {
            copyFileSync(tray, join(data, 'autostart/hufu-tray.desktop'));
        }
    });

    after(async () => {
        await person?.stop();
        rmSync(data, { recursive: true, force: true });
    });

    test('wrong usage is status 2', () => {
        for (const args of [['--x'], ['now'], ['--off'], ['--remove', '--system', '--off'], ['--data']]) {
            assert.equal(person.hufu('setup', ...args).status, 2, args.join(' '));
        }
        assert.match(person.hufu('setup', '--help').stdout, /^Usage: hufu setup /);
    });

    test('root is told that it is not for root', () => {
        for (const env of [{}, { SUDO_UID: `${uid}`, HOME: person.home }]) {
            const before = files();
            const { status, stderr } = spawnSync(join(programs, 'hufu'), ['setup'],
                { encoding: 'utf8', env: { ...process.env, LANG: 'C', ...env } });
            assert.equal(status, 1);
            assert.match(stderr, /must not run as root/);
            assert.deepEqual(files(), before);
        }
    });

    test('what is for everybody takes root', () => {
        const answer = setUp('--system');
        assert.deepEqual(answer.states, { policy: 'failed' });
        assert.equal(answer.step, 'Run it as root: sudo hufu setup --system');
    });

    describe('without systemd', () => {
        let clean;
        let pid;

        before(() => {
            clean = files();
        });

        test('--dry-run says what would come and changes nothing', () => {
            assert.deepEqual(setUp('--dry-run').states, changed);
            assert.deepEqual(files(), clean);
        });

        test('hufud runs, is trusted, and is started by the desktop from now on', () => {
            const { ok, states, step } = setUp();
            assert.ok(ok);
            assert.deepEqual(states, changed);
            assert.match(step, /^Put your card in/);
            assert.match(readFileSync(entry(), 'utf8'), /^Exec=\/.*\/hufud --log$/m);
            assert.equal(person.hufu('trust', 'status').status, 0);
            pid = Number(readFileSync(join(person.home, '.local/state/hufu/process'), 'utf8').split(' ')[0]);
            assert.ok(isAlive(pid));
        });

        test('once more changes nothing', () => {
            const before = files();
            assert.deepEqual(setUp().states, unchanged);
            assert.deepEqual(files(), before);
            assert.ok(isAlive(pid));
        });

        test('one line a step, in the language of the person, and one at the end', () => {
            const { stdout } = person.run('env', 'LANG=zh_TW.UTF-8', join(programs, 'hufu'), 'setup', '--data', data);
            assert.match(stdout, /^已就緒 {2}登入時啟動：由桌面環境啟動\n(.+\n){4}請插入卡片並開啟網站；.*\n$/);
        });

        test('an entry that the desktop has changed since is still known', () => {
            writeFileSync(entry(), readFileSync(entry(), 'utf8').replace(/^Name=.*$/m, 'Name=Mine'));
            assert.equal(setUp('--remove', '--dry-run').states.login, 'changed');
        });

        test('--remove ends hufud and leaves the home as it was', () => {
            const { ok, states } = setUp('--remove');
            assert.ok(ok);
            assert.deepEqual(states, { service: 'changed', trust: 'changed', tray: hasTray ? 'changed' : 'unchanged',
                login: 'changed', memory: 'changed' });
            assert.ok(!isAlive(pid));
            assert.deepEqual(files(), clean);
        });

        test('and once more finds nothing', () => {
            const { ok, states, step } = setUp('--remove');
            assert.ok(ok);
            assert.deepEqual(new Set(Object.values(states)), new Set(['unchanged']));
            assert.equal(step, '');
        });

        test("a person's own entry stays, and is named", () => {
            mkdirSync(dirname(entry()), { recursive: true });
            writeFileSync(entry(), '[Desktop Entry]\nExec=true\n');
            for (const args of [['--dry-run'], ['--remove']]) {
                const login = setUp(...args).steps.find(({ id }) => id === 'login');
                assert.equal(login.state, 'skipped');
                assert.match(login.detail, /your own hufud\.desktop/);
            }
            assert.equal(readFileSync(entry(), 'utf8'), '[Desktop Entry]\nExec=true\n');
            rmSync(dirname(entry()), { recursive: true });
        });

        test('a browser that cannot be served is named, with what to do', () => {
            const profile = join(person.home, '.mozilla/firefox/a.default');
            mkdirSync(profile, { recursive: true });
            writeFileSync(join(profile, 'compatibility.ini'), '');
            writeFileSync(join(profile, 'cert8.db'), 'x');
            execFileSync('chown', ['-R', `${uid}:${uid}`, join(person.home, '.mozilla')]);
            const { ok, steps, states, step } = setUp();
            assert.ok(!ok);
            assert.deepEqual(states, { ...changed, trust: 'failed' });
            assert.match(steps.find(({ id }) => id === 'trust').detail, /^Firefox was left as it is, because its certificates/);
            assert.match(step, /^Start the browser once/);
            rmSync(join(person.home, '.mozilla'), { recursive: true });
            assert.ok(setUp('--remove').ok);
            assert.deepEqual(files(), clean);
        });

        test('a folder that cannot be written to is said, and the rest is done', () => {
            mkdirSync(dirname(entry()), { mode: 0o500 });
            const { ok, steps, states } = setUp();
            assert.ok(!ok);
            assert.equal(states.login, 'failed');
            assert.equal(steps[0].detail, 'Permission denied');
            assert.equal(states.service, 'changed');
            rmSync(dirname(entry()), { recursive: true });
            assert.ok(setUp('--remove').ok);
            assert.deepEqual(files(), clean);
        });
    });

    describe('with systemd', () => {
        let clean;

        before(async () => {
            await person.startManager();
            clean = files();
        });

        test('the units are enabled, and run', () => {
            const { ok, steps } = setUp();
            assert.ok(ok);
            assert.deepEqual(steps[0], { id: 'login', state: 'changed', detail: 'by systemd', step: '' });
            assert.ok(!existsSync(entry()));
            assert.equal(person.systemctl('is-enabled', 'hufud.socket', 'hufud.service').stdout, 'enabled\nenabled\n');
            assert.equal(person.systemctl('is-active', 'hufud.socket', 'hufud.service').stdout, 'active\nactive\n');
            assert.ok(isAlive(person.mainPid));
        });

        test('once more changes nothing', () => {
            const pid = person.mainPid;
            assert.deepEqual(setUp().states, unchanged);
            assert.equal(person.mainPid, pid);
        });

        test('--remove stops and disables them, and leaves the home as it was', () => {
            const pid = person.mainPid;
            assert.ok(setUp('--remove').ok);
            assert.ok(!isAlive(pid));
            assert.equal(person.systemctl('is-enabled', 'hufud.socket', 'hufud.service').stdout, 'disabled\ndisabled\n');
            assert.equal(person.systemctl('is-active', 'hufud.socket', 'hufud.service').stdout, 'inactive\ninactive\n');
            assert.deepEqual(files(), clean);
        });
    });
}

const reason = skip || (!isInside && runInside(import.meta.url));
if (reason || isInside) {
    describe('hufu setup', { skip: reason }, defineTests);
}

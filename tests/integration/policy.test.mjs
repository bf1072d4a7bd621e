/* hufu trust policy, below a folder of its own (--root); nothing of this machine is written. What
 * browsers make of the files is in tests/browser/policy.test.mjs. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
    appendFileSync, chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync,
    readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { programs } from '../lib/sandbox.mjs';

const hufu = join(programs, 'hufu');
const withEtc = fileURLToPath(new URL('../lib/with-etc', import.meta.url));
const dataFolder = fileURLToPath(new URL('../../data', import.meta.url));
const site = 'https://portal.example.tw';
const other = 'https://bank.example.tw:8443';

const chromium = 'etc/chromium/policies/managed/hufu.json';
const firefox = 'etc/firefox/policies/policies.json';
const certificates = ['hufu.der', 'hufu-next.der'];
const backup = `${firefox}.hufu-backup`;
const machine = { x64: 'x86_64', arm64: 'aarch64' }[arch()] ?? arch();
const flatpaks = [
    `var/lib/flatpak/extension/org.chromium.Chromium.Extension.hufu/${machine}/1/policies/managed/hufu.json`,
    `var/lib/flatpak/extension/org.mozilla.firefox.systemconfig/${machine}/stable/policies/policies.json`,
];
const everywhere = [
    chromium, 'etc/chromium-browser/policies/managed/hufu.json',
    'etc/opt/chrome/policies/managed/hufu.json', 'etc/opt/edge/policies/managed/hufu.json',
    'etc/brave/policies/managed/hufu.json', firefox,
];

/* A system and a home of its own, which end with the test. */
class System {
    constructor(t, files = {}) {
        this.folder = mkdtempSync(join(tmpdir(), 'hufu-policy-'));
        t.after(() => rmSync(this.folder, { recursive: true, force: true }));
        this.root = join(this.folder, 'root');
        mkdirSync(this.root);
        Object.entries(files).forEach(([name, content]) => this.write(name, content));
    }

    path(name) {
        return join(this.root, name);
    }

    write(name, content) {
        mkdirSync(dirname(this.path(name)), { recursive: true });
        writeFileSync(this.path(name),
            typeof content === 'object' && !Buffer.isBuffer(content) ? JSON.stringify(content) : content);
    }

    read(name) {
        return readFileSync(this.path(name), 'utf8');
    }

    json(name) {
        return JSON.parse(this.read(name));
    }

    run(args, env = {}) {
        const { XDG_CONFIG_HOME, XDG_STATE_HOME, ...rest } = process.env;
        const result = spawnSync(hufu, ['trust', 'policy', '--root', this.root, ...args],
            { encoding: 'utf8', timeout: 20_000,
                env: { ...rest, HOME: join(this.folder, 'home'), LC_ALL: 'C', ...env } });
        assert.equal(result.error, undefined);
        return result;
    }

    /* The answer; `at(name)` is what it says of one file. */
    ask(...args) {
        const { stdout, stderr, status } = this.run(['--json', ...args]);
        assert.equal(stderr, '');
        const answer = JSON.parse(stdout);
        assert.equal(status, answer.ok ? 0 : 1);
        answer.at = (name) => answer.files.find((file) => file.path === this.path(name));
        return answer;
    }

    /* Everything that is there: names, kinds, modes, contents. */
    tree(folder = this.root) {
        return readdirSync(folder).sort().flatMap((name) => {
            const path = join(folder, name);
            const info = lstatSync(path);
            const content = info.isFile() ? readFileSync(path).toString('latin1')
                : info.isSymbolicLink() ? readlinkSync(path) : '';
            return [`${path} ${info.mode.toString(8)} ${content}`,
                ...info.isDirectory() ? this.tree(path) : []];
        });
    }

    assertUnchanged(before) {
        assert.deepEqual(this.tree(), before);
    }
}

const states = (answer) => answer.files.map(({ state }) => state);

describe('hufu trust policy', () => {
    test('writes every file, for everybody to read, and says the same again', (t) => {
        const system = new System(t);
        const answer = system.ask(site, other);
        assert.deepEqual(answer.files.map(({ path }) => path), everywhere.map((name) => system.path(name)));
        assert.deepEqual([...new Set(states(answer))], ['written']);
        assert.deepEqual(answer.sites, [site, other]);
        for (const name of everywhere) {
            assert.equal(statSync(system.path(name)).mode & 0o7777, 0o644, name);
            assert.equal(statSync(dirname(system.path(name))).mode & 0o7777, 0o755, name);
        }
        const patterns = [`${site}:443`, other];
        assert.deepEqual(system.json(chromium), {
            LocalNetworkAccessAllowedForUrls: patterns,
            LoopbackNetworkAllowedForUrls: patterns,
            PopupsAllowedForUrls: patterns,
        });
        assert.deepEqual(system.json(firefox), {
            policies: {
                LocalNetworkAccess: { SkipDomains: ['portal.example.tw', 'bank.example.tw'] },
                PopupBlocking: { Allow: [site, other] },
                Certificates: { Install: certificates },
            },
        });
        const before = system.tree();
        assert.deepEqual([...new Set(states(system.ask(site, other)))], ['present']);
        system.assertUnchanged(before);
    });

    test('is strict about a umask of its caller', (t) => {
        const system = new System(t);
        const umask = process.umask(0o077);
        t.after(() => process.umask(umask));
        assert.ok(system.ask(site).ok);
        assert.equal(statSync(dirname(system.path(chromium))).mode & 0o7777, 0o755);
    });

    test('leaves nothing behind', (t) => {
        const system = new System(t, { 'var/lib/flatpak/repo/config': '' });
        const before = system.tree();
        system.ask(site);
        flatpaks.forEach((name) => assert.ok(existsSync(system.path(name)), name));
        system.ask(other);
        assert.deepEqual([...new Set(states(system.ask('--remove')))], ['removed']);
        system.assertUnchanged(before);
        assert.deepEqual([...new Set(states(system.ask('--remove')))], ['absent']);
        system.assertUnchanged(before);
    });

    test('leaves a folder in which others put something', (t) => {
        const system = new System(t);
        system.ask(site);
        system.write('etc/brave/policies/managed/theirs.json', '{}');
        system.ask('--remove');
        assert.deepEqual(system.tree().map((line) => line.split(' ')[0]).filter((path) => path.endsWith('.json')),
            [system.path('etc/brave/policies/managed/theirs.json')]);
        assert.ok(!existsSync(system.path('etc/opt')));
    });

    test('takes the sites that are allowed, and the known ones when asked', (t) => {
        const system = new System(t);
        const settings = join(system.folder, 'home/.config/hufu');
        mkdirSync(settings, { recursive: true });
        writeFileSync(join(settings, 'hufu.ini'),
            `[sites]\nallow = ${site} all\nrefuse = ${other} all\n`);
        assert.deepEqual(system.ask().sites, [site]);
        const { sites } = system.ask('--suggested', '--data', dataFolder);
        assert.ok(sites.includes(site) && sites.includes('https://moica.nat.gov.tw'));
        assert.ok(!sites.includes(other));
    });

    test('wants a site', (t) => {
        const system = new System(t);
        const { stdout, stderr, status } = system.run([]);
        assert.equal(status, 1);
        assert.equal(stdout, '');
        assert.match(stderr, /^No website is allowed yet\./);
        assert.deepEqual(system.tree(), []);
    });

    for (const args of [['portal.example.tw'], ['https://*.tw'], ['--root'], ['--what'], ['--remove', site],
        ['--root', '/no/such/folder', site], ['--root', '/etc/passwd', site]]) {
        test(`does not take ${args.join(' ')}`, (t) => {
            const system = new System(t);
            assert.equal(system.run(args).status, 2);
            assert.deepEqual(system.tree(), []);
        });
    }

    test('a dry run prints the files and changes nothing', (t) => {
        const system = new System(t, { [firefox]: { policies: {} } });
        const before = system.tree();
        const { stdout, status } = system.run(['--dry-run', site]);
        assert.equal(status, 0);
        assert.match(stdout, /^Nothing was changed\./);
        assert.match(stdout, /"PopupsAllowedForUrls": \[\n {4}"https:\/\/portal\.example\.tw:443"/);
        const answer = system.ask('--dry-run', site);
        assert.equal(answer.dry_run, true);
        assert.deepEqual(JSON.parse(answer.at(firefox).content).policies.PopupBlocking, { Allow: [site] });
        system.assertUnchanged(before);
    });

    test('speaks Chinese', (t) => {
        const { stdout } = new System(t).run([site], { LC_ALL: 'zh_TW.UTF-8' });
        assert.match(stdout, /^已寫入 {2}Chromium .*\n/);
        assert.match(stdout, /\n請重新啟動瀏覽器。\n$/);
    });
});

describe('the policies of an administrator', () => {
    const theirs = '{"policies": {"DisableTelemetry":true,\n "PopupBlocking":{"Allow":["https://x.tw"]}} }';

    test('stay, and come back byte for byte', (t) => {
        const system = new System(t, { [firefox]: theirs });
        chmodSync(system.path(firefox), 0o640);
        const before = system.tree();
        const answer = system.ask(site);
        assert.equal(answer.at(firefox).copy, system.path(backup));
        assert.equal(system.read(backup), theirs);
        assert.deepEqual(system.json(firefox).policies.PopupBlocking.Allow, ['https://x.tw', site]);
        system.ask(other);
        assert.deepEqual(system.json(firefox).policies.PopupBlocking.Allow, ['https://x.tw', other]);
        assert.equal(system.read(backup), theirs);
        system.ask('--remove');
        system.assertUnchanged(before);
    });

    test('that changed since keep the change', (t) => {
        const system = new System(t, { [firefox]: theirs });
        system.ask(site);
        const changed = system.json(firefox);
        changed.policies.Homepage = { URL: 'https://h.tw' };
        changed.policies.PopupBlocking.Allow.push('https://y.tw');
        system.write(firefox, changed);
        system.ask('--remove');
        assert.deepEqual(system.json(firefox), {
            policies: {
                DisableTelemetry: true,
                PopupBlocking: { Allow: ['https://x.tw', 'https://y.tw'] },
                Homepage: { URL: 'https://h.tw' },
            },
        });
        assert.deepEqual(readdirSync(dirname(system.path(firefox))), ['policies.json']);
    });

    test('that have it all are left alone', (t) => {
        const all = JSON.stringify({ policies: { PopupBlocking: { Allow: [site] },
            LocalNetworkAccess: { SkipDomains: ['portal.example.tw'] }, Certificates: { Install: certificates } } });
        const system = new System(t, { [firefox]: all });
        assert.equal(system.ask(site).at(firefox).state, 'present');
        assert.equal(system.ask('--remove').at(firefox).state, 'absent');
        assert.equal(system.read(firefox), all);
        assert.deepEqual(readdirSync(dirname(system.path(firefox))), ['policies.json']);
    });

    test('that were deleted are not brought back', (t) => {
        const system = new System(t, { [firefox]: theirs });
        system.ask(site);
        rmSync(system.path(firefox));
        assert.ok(system.ask('--remove').ok);
        assert.deepEqual(readdirSync(dirname(system.path(firefox))), []);
    });

    test('whose copy is gone are not guessed', (t) => {
        const system = new System(t, { [firefox]: theirs });
        system.ask(site);
        rmSync(system.path(backup));
        const file = system.ask('--remove').at(firefox);
        assert.equal(file.state, 'refused');
        assert.match(file.detail, /copy .* is gone/);
    });

    const mebibyte = 1024 * 1024;
    const strange = {
        'broken JSON': [(path) => writeFileSync(path, '{"policies":'), /no policy file/],
        'an empty file': [(path) => writeFileSync(path, ''), /no policy file/],
        'a NUL': [(path) => writeFileSync(path, '{"policies":{}}\0'), /no policy file/],
        'another shape': [(path) => writeFileSync(path, '{"policies":{"PopupBlocking":[]}}'), /no policy file/],
        'doubled names': [(path) => writeFileSync(path, '{"policies":{},"policies":{"A":1}}'), /no policy file/],
        '3000 levels': [(path) => writeFileSync(path, '['.repeat(3000)), /no policy file/],
        '10 MiB': [(path) => writeFileSync(path, `{}${' '.repeat(10 * mebibyte)}`), /longer/],
        'a byte too many': [(path) => writeFileSync(path, `{}${' '.repeat(mebibyte - 1)}`), /longer/],
        'a link': [(path) => symlinkSync('/etc/hostname', path), /link|plain/],
        'a FIFO': [(path) => execFileSync('mkfifo', [path]), /plain/],
        'a folder': [(path) => mkdirSync(path), /plain/],
    };
    for (const [name, [make, detail]] of Object.entries(strange)) {
        test(`are not overwritten when they are ${name}`, (t) => {
            const system = new System(t, { 'etc/firefox/policies/README': '' });
            make(system.path(firefox));
            const before = system.tree(dirname(system.path(firefox)));
            const answer = system.ask(site);
            const file = answer.at(firefox);
            assert.equal(file.state, 'refused');
            assert.match(file.detail, detail);
            assert.notEqual(file.step, '');
            assert.deepEqual(states(answer).filter((state) => state !== 'written'), ['refused']);
            assert.deepEqual(system.tree(dirname(system.path(firefox))), before);
            assert.equal(system.ask('--remove').at(firefox).state, 'absent');
            assert.deepEqual(system.tree(dirname(system.path(firefox))), before);
        });
    }

    test('of a full megabyte are taken', (t) => {
        const system = new System(t, { [firefox]: `{"a":"${' '.repeat(mebibyte - 1000)}"}` });
        assert.equal(system.ask(site).at(firefox).state, 'written');
    });

    test('beside the program are not put out of force', (t) => {
        const hidden = 'usr/lib/firefox/distribution/policies.json';
        const system = new System(t, { [hidden]: theirs });
        const file = system.ask(site).at(firefox);
        assert.equal(file.state, 'refused');
        assert.ok(file.detail.includes(system.path(hidden)));
        assert.match(file.step, /^Copy that file/);
        system.write(firefox, theirs);
        assert.equal(system.ask(site).at(firefox).state, 'written');
    });

    test('of LibreWolf are changed only where there are any', (t) => {
        const librewolf = 'etc/librewolf/policies/policies.json';
        const system = new System(t, { [librewolf]: theirs });
        assert.equal(system.ask(site).at(librewolf).browser, 'LibreWolf');
        assert.ok(system.json(librewolf).policies.DisableTelemetry);
        system.ask('--remove');
        assert.equal(system.read(librewolf), theirs);
    });
});

describe('another file of Chromium\'s folder', () => {
    const neighbour = 'etc/chromium/policies/managed/school.json';
    const lists = ['LocalNetworkAccessAllowedForUrls', 'LoopbackNetworkAllowedForUrls', 'PopupsAllowedForUrls'];

    test('with the same list has hufu\'s file say that they are joined', (t) => {
        const system = new System(t, { [neighbour]: { PopupsAllowedForUrls: ['https://school.tw'] } });
        assert.ok(system.ask(site).ok);
        assert.deepEqual(system.json(chromium).PolicyListMultipleSourceMergeList, lists);
        assert.deepEqual(system.json('etc/brave/policies/managed/hufu.json').PolicyListMultipleSourceMergeList,
            undefined);
        system.write(neighbour, { HomepageLocation: 'https://school.tw' });
        system.ask(site);
        assert.equal(system.json(chromium).PolicyListMultipleSourceMergeList, undefined);
    });

    test('that says so itself is enough', (t) => {
        const system = new System(t, { [neighbour]: { PopupsAllowedForUrls: [],
            PolicyListMultipleSourceMergeList: ['*'] } });
        assert.ok(system.ask(site).ok);
        assert.equal(system.json(chromium).PolicyListMultipleSourceMergeList, undefined);
    });

    test('that has other lists joined is named', (t) => {
        const system = new System(t, { [neighbour]: { PopupsAllowedForUrls: [],
            PolicyListMultipleSourceMergeList: ['URLAllowlist'] } });
        const file = system.ask(site).at(chromium);
        assert.equal(file.state, 'refused');
        assert.ok(file.detail.includes(system.path(neighbour)));
        assert.ok(!existsSync(system.path(chromium)));
    });
});

describe('a folder that leads elsewhere', () => {
    test('inside of the root is followed', (t) => {
        const system = new System(t, { 'etc/chromium/README': '' });
        symlinkSync('chromium', system.path('etc/chromium-browser'));
        assert.ok(system.ask(site).ok);
        assert.ok(existsSync(system.path(chromium)));
    });

    test('outside of the root is not', (t) => {
        const system = new System(t, { 'etc/hosts': '' });
        const outside = join(system.folder, 'outside');
        mkdirSync(outside);
        symlinkSync(outside, system.path('etc/brave'));
        symlinkSync(join(outside, 'nothing'), system.path('etc/chromium'));
        const answer = system.ask(site);
        for (const name of ['etc/brave/policies/managed/hufu.json', chromium]) {
            assert.equal(answer.at(name).state, 'refused');
            assert.match(answer.at(name).detail, /link leads out/);
        }
        system.ask('--remove');
        assert.deepEqual(readdirSync(outside), []);
    });

    test('is not removed for a record that says so', (t) => {
        const system = new System(t);
        mkdirSync(join(system.folder, 'outside'));
        system.ask(site);
        appendFileSync(system.path('var/lib/hufu/policy-folders'), '/../outside\n/etc/../../outside\nx\n\n');
        assert.ok(system.ask('--remove').ok);
        assert.ok(existsSync(join(system.folder, 'outside')));
    });
});

describe('a certificate that a policy names', { skip: process.getuid() !== 0 && 'missing: root, to lay policies over /etc' }, () => {
    test('is put there by install and taken away by remove', (t) => {
        const system = new System(t);
        const home = join(system.folder, 'home');
        const folder = join(home, '.mozilla/certificates');
        mkdirSync(home);
        system.ask(site);
        const trust = (...args) => spawnSync(withEtc, [system.root, hufu, 'trust', ...args],
            { env: { ...process.env, HOME: home } });
        trust('install', '--dry-run');
        assert.ok(!existsSync(join(home, '.mozilla')));
        trust('install');
        const leaf = new X509Certificate(readFileSync(join(home, '.local/share/hufu/tls/leaf.pem'))).raw;
        assert.deepEqual(readdirSync(folder), certificates.toSorted());
        certificates.forEach((name) => assert.deepEqual(readFileSync(join(folder, name)), leaf));
        trust('remove');
        assert.ok(!existsSync(join(home, '.mozilla')));
    });

    test('is not put there without one', (t) => {
        const system = new System(t, { 'etc/hosts': '' });
        const home = join(system.folder, 'home');
        mkdirSync(home);
        execFileSync(withEtc, [system.root, hufu, 'trust', 'install'],
            { stdio: 'ignore', env: { ...process.env, HOME: home } });
        assert.ok(!existsSync(join(home, '.mozilla')));
    });
});

describe('a full disk', { skip: process.getuid() !== 0 && 'missing: root, for a disk of its own' }, () => {
    const theirs = '{"policies": {"DisableTelemetry":true}}';

    test('leaves the file as it was, and nothing beside it', (t) => {
        const system = new System(t);
        const { stdout, stderr } = spawnSync('unshare', ['--mount', 'bash', '-euc', `
            mount -t tmpfs -o size=64k tmpfs "$1" && cd "$1" && mkdir -p etc/firefox/policies
            printf %s '${theirs}' >${firefox}
            cp -a . ../before
            cat /dev/zero >full 2>/dev/null || :
            "$2" trust policy --root "$1" --json ${other} || :
            diff -r --exclude full ../before . >&2`, 'bash', system.root, hufu],
        { encoding: 'utf8', env: { ...process.env, HOME: '/nonexistent', LC_ALL: 'C' } });
        const file = JSON.parse(stdout).files.find(({ path }) => path === system.path(firefox));
        assert.equal(file.state, 'refused');
        assert.match(file.detail, /No space left on device/);
        assert.doesNotMatch(stderr, /policies\.json/);
    });
});

describe('without the rights of root', { skip: process.getuid() !== 0 && 'missing: root, to be somebody else' }, () => {
    test('each folder is named with one step, and a dry run works', (t) => {
        const system = new System(t);
        chmodSync(system.folder, 0o755);
        const asNobody = (...args) => spawnSync(hufu, ['trust', 'policy', '--root', system.root, '--json', ...args, site],
            { encoding: 'utf8', uid: 65534, gid: 65534, env: { ...process.env, HOME: '/nonexistent', LC_ALL: 'C' } });
        const refused = JSON.parse(asNobody().stdout);
        assert.equal(refused.ok, false);
        for (const file of refused.files) {
            assert.equal(file.state, 'refused');
            assert.equal(file.detail, 'only the administrator may write there');
            assert.equal(file.step, `Run as root: sudo hufu trust policy --root ${system.root} ${site}`);
        }
        const dry = JSON.parse(asNobody('--dry-run').stdout);
        assert.ok(dry.ok && dry.files.every(({ content }) => content.includes('portal.example.tw')));
        assert.deepEqual(system.tree(), []);
    });
});

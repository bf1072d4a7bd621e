/* hufu trust export: the files, what is never overwritten, and the guide in words. openssl judges. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync,
    rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const hufu = join(programs, 'hufu');
const skip = skipWithout('openssl');
const guide = new URL('../../web/import', import.meta.url).pathname;
const names = ['hufu-localhost.der', 'hufu-localhost.pem'];

function run(program, args, options = {}) {
    const result = spawnSync(program, args, { encoding: 'utf8', ...options });
    assert.equal(result.error, undefined, `${program} could not be started`);
    return result;
}

/* A home with a certificate, unless `leaf` is false, and a folder to export to. */
function makeHome(t, { leaf = true } = {}) {
    const home = realpathSync(mkdtempSync(join(tmpdir(), 'hufu-export-')));
    t.after(() => rmSync(home, { recursive: true, force: true }));
    const folder = join(home, 'out');
    mkdirSync(folder);
    const { XDG_DATA_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, ...rest } = process.env;
    const env = { ...rest, HOME: home, LC_ALL: 'C' };
    if (leaf) {
        assert.equal(run(hufu, ['trust', 'install'], { env }).status, 0);
    }
    return { home, folder, env, leaf: join(home, '.local/share/hufu/tls/leaf.pem') };
}

function exportTo(place, args, { cwd = place.folder, env } = {}) {
    return run(hufu, ['trust', 'export', ...args], { cwd, env: { ...place.env, ...env } });
}

/* The answer as JSON. */
function ask(place, args = [], options = {}) {
    const { stdout, stderr, status } = exportTo(place, [...args, '--json'], options);
    assert.equal(stderr, '');
    const answer = JSON.parse(stdout);
    assert.equal(status, answer.ok ? 0 : 1);
    return answer;
}

const states = (answer) => answer.files.map(({ state }) => state);
const details = (answer) => answer.files.map(({ detail }) => detail);

function der(file, form) {
    const { status, stdout, stderr } = run('openssl',
        ['x509', '-in', file, '-inform', form, '-outform', 'DER'], { encoding: 'buffer' });
    assert.equal(status, 0, String(stderr));
    return stdout;
}

test('both files are the certificate', { skip }, (t) => {
    const place = makeHome(t);
    const answer = ask(place);
    const [pem, binary] = ['pem', 'der'].map((form) => join(place.folder, `hufu-localhost.${form}`));
    assert.deepEqual(answer.files, [
        { path: pem, state: 'written', detail: '' }, { path: binary, state: 'written', detail: '' }]);
    assert.deepEqual(Object.keys(answer), ['files', 'guide', 'sha256', 'step', 'dry_run', 'ok']);
    const leaf = der(place.leaf, 'PEM');
    assert.deepEqual(der(pem, 'PEM'), leaf);
    assert.deepEqual(readFileSync(binary), leaf);
    assert.equal(readFileSync(pem, 'utf8'), readFileSync(place.leaf, 'utf8'));
    const print = run('openssl', ['x509', '-in', pem, '-noout', '-fingerprint', '-sha256']).stdout;
    assert.equal(answer.sha256, print.split('=')[1].trim().replaceAll(':', '').toLowerCase());
    for (const file of [pem, binary]) {
        assert.equal(lstatSync(file).mode & 0o777, 0o666 & ~process.umask() & 0o644);
        assert.doesNotMatch(readFileSync(file, 'latin1'), /PRIVATE/);
    }
    assert.deepEqual(readdirSync(place.folder).sort(), names);
});

test('doing it again changes nothing', { skip }, (t) => {
    const place = makeHome(t);
    ask(place);
    const before = names.map((name) => lstatSync(join(place.folder, name)).mtimeMs);
    const answer = ask(place);
    assert.equal(answer.ok, true);
    assert.deepEqual(states(answer), ['present', 'present']);
    assert.deepEqual(names.map((name) => lstatSync(join(place.folder, name)).mtimeMs), before);
});

test('what has the name and is something else stays', { skip }, (t) => {
    const place = makeHome(t);
    const pem = join(place.folder, 'hufu-localhost.pem');
    const longer = `${readFileSync(place.leaf, 'utf8')}\n`;
    for (const content of ['', 'notes', longer, 'x'.repeat(100_000)]) {
        writeFileSync(pem, content);
        const answer = ask(place);
        assert.equal(answer.ok, false);
        assert.equal(answer.files[0].state, 'refused');
        assert.match(answer.files[0].detail, /something else/);
        assert.match(answer.step, /^Move that file away/);
        assert.equal(readFileSync(pem, 'utf8'), content);
    }
});

test('a certificate that was exported before it was renewed is named, not replaced', { skip }, (t) => {
    const place = makeHome(t);
    ask(place);
    const old = readFileSync(join(place.folder, names[0]));
    rmSync(place.leaf);
    run(hufu, ['trust', 'install'], { env: place.env });
    assert.deepEqual(states(ask(place)), ['refused', 'refused']);
    assert.deepEqual(readFileSync(join(place.folder, names[0])), old);
});

test('links, folders and pipes in the place of a file are left alone', { skip }, (t) => {
    const place = makeHome(t);
    const elsewhere = join(place.home, 'elsewhere');
    const pem = join(place.folder, 'hufu-localhost.pem');
    const make = {
        'a link to nothing': () => symlinkSync(elsewhere, pem),
        'a link to the certificate': () => symlinkSync(place.leaf, pem),
        'a folder': () => mkdirSync(pem),
        'a pipe': () => run('mkfifo', [pem]),
    };
    for (const [what, made] of Object.entries(make)) {
        made();
        assert.equal(ask(place).files[0].state, 'refused', what);
        assert.equal(existsSync(elsewhere), false, what);
        rmSync(pem, { recursive: true });
    }
});

test('--dry-run says the same and writes nothing', { skip }, (t) => {
    const place = makeHome(t);
    const missing = join(place.home, 'missing');
    const answer = ask(place, ['--dry-run']);
    assert.deepEqual(states(answer), ['written', 'written']);
    assert.equal(answer.dry_run, true);
    assert.deepEqual(readdirSync(place.folder), []);
    assert.match(exportTo(place, ['--dry-run']).stdout, /^Nothing was written\./);
    assert.deepEqual(states(ask(place, [missing, '--dry-run'])), ['refused', 'refused']);
    assert.equal(existsSync(missing), false);
    writeFileSync(join(place.folder, names[0]), 'notes');
    assert.deepEqual(states(ask(place, ['--dry-run'])), ['written', 'refused']);
});

test('a folder that is of no use is named with one step', { skip }, (t) => {
    const place = makeHome(t);
    const file = join(place.home, 'file');
    writeFileSync(file, '');
    symlinkSync(join(place.home, 'nowhere'), join(place.home, 'link'));
    const reasons = [
        [join(place.home, 'missing'), /no such folder/], [join(place.home, 'link'), /no such folder/],
        [file, /not a folder/], ['/proc', /could not be written|no such folder/],
        [`/${'x'.repeat(200)}`.repeat(25), /too long/], ['x'.repeat(300), /too long/],
    ];
    for (const [folder, reason] of reasons) {
        const answer = ask(place, [folder]);
        assert.equal(answer.ok, false, folder);
        details(answer).forEach((detail) => assert.match(detail, reason));
        assert.match(answer.step, /^Name a folder/);
    }
    const { stdout } = exportTo(place, [file]);
    assert.equal(stdout.trim().split('\n').length, 3, 'no guide for files that are not there');
});

test('a folder that may not be written to is named',
    { skip: skip || (process.getuid() !== 0 && 'needs root') }, (t) => {
        const place = makeHome(t);
        chmodSync(place.folder, 0o755);
        chmodSync(place.home, 0o755);
        const script = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';
        const home = join(place.home, 'nobody');
        mkdirSync(home);
        run('cp', ['-r', join(place.home, '.local'), home]);
        run('chown', ['-R', '65534:65534', home]);
        const program = join(home, 'hufu'); /* the build may be where nobody can look */
        run('cp', [hufu, program]);
        for (const more of [[], ['--dry-run']]) {
            const { stdout, stderr } = run('sh',
                ['-c', script, 'sh', program, 'trust', 'export', place.folder, '--json', ...more],
                { cwd: '/', env: { ...place.env, HOME: home } });
            assert.equal(stderr, '');
            assert.deepEqual(details(JSON.parse(stdout)),
                ['it could not be written', 'it could not be written']);
        }
        assert.deepEqual(readdirSync(place.folder), []);
    });

test('a full disk leaves no half of a file',
    { skip: skip || skipWithout('unshare', 'mount')
        || (process.getuid() !== 0 && 'needs root') }, (t) => {
        const place = makeHome(t);
        const script = 'mount -t tmpfs -o size=4k,nr_inodes=3 none "$1" && head -c 4096 /dev/zero >"$1/x"'
            + ' && "$2" trust export "$1" --json; ls "$1"';
        const { stdout } = run('unshare', ['-m', 'sh', '-c', script, 'sh', place.folder, hufu],
            { env: place.env });
        const [answer, ...left] = stdout.trim().split('\n');
        assert.deepEqual(details(JSON.parse(answer)), ['the disk is full', 'the disk is full']);
        assert.deepEqual(left, ['x']);
    });

test('without a certificate there is one step', { skip }, (t) => {
    const place = makeHome(t, { leaf: false });
    const { status, stdout, stderr } = exportTo(place, []);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /61911/);
    assert.match(stderr, /run: hufu trust install\n$/);
    assert.deepEqual(readdirSync(place.folder), []);
    assert.equal(existsSync(join(place.home, '.local')), false);
});

test('odd names of folders work and are printed safely', { skip }, (t) => {
    const place = makeHome(t);
    for (const name of ['a "b" \\ \'c\'', '家 \u001b[31m\n', '-x', '%s%n']) {
        const folder = join(place.home, name);
        mkdirSync(folder);
        assert.equal(ask(place, [folder]).files[0].path, join(folder, 'hufu-localhost.pem'));
        assert.deepEqual(readdirSync(folder).sort(), names);
        const { stdout } = exportTo(place, [`../${name}/.`]);
        assert.doesNotMatch(stdout, /\u001b/);
        assert.match(stdout, /^present .*\npresent .*\nSHA-256 /);
    }
});

test('people are answered in their language, with the ports of the pages', { skip }, (t) => {
    const place = makeHome(t);
    const [en, zh] = ['C', 'zh_TW.UTF-8'].map((locale) =>
        exportTo(place, [], { env: { LC_ALL: locale } }).stdout);
    assert.match(en, /^written .*\nwritten .*\nSHA-256 {2}[0-9a-f]{64}\n/);
    assert.match(zh, /^已存在 .*\n已存在 .*\nSHA-256 {2}[0-9a-f]{64}\n/);
    const steps = (text) => text.match(/^ +\d\. /gm).map((number) => Number.parseInt(number));
    assert.deepEqual(steps(en), [1, 2, 3, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(steps(zh), steps(en));
    const product = readFileSync(new URL('../../data/components.d/gpki.ini', import.meta.url), 'utf8');
    const ports = product.match(/^ports = (.*)$/m)[1].split(' ');
    for (const text of [en, zh]) {
        assert.deepEqual(text.match(/(?<=https:\/\/localhost:)\d+/g), ports);
    }
    assert.match(exportTo(place, ['/proc'], { env: { LC_ALL: 'zh_TW.UTF-8' } }).stdout,
        /^未處理 .*\n未處理 .*\n請指定.*\n$/);
});

test('the steps name the same controls as the guide with pictures', { skip }, (t) => {
    const place = makeHome(t);
    const page = readFileSync(join(guide, 'index.html'), 'utf8');
    const quotes = [['C', /"([^"\n]+)"/g, '“', '”'], ['zh_TW.UTF-8', /「([^」]+)」/g, '「', '」']];
    for (const [locale, quoted, left, right] of quotes) {
        const { stdout } = exportTo(place, ['--dry-run'], { env: { LC_ALL: locale } });
        const controls = [...stdout.matchAll(quoted)].map(([, name]) => name.replace('...', '…'));
        assert.equal(controls.length, 9, controls.join());
        controls.forEach((name) => assert.ok(page.includes(left + name + right), name));
    }
});

test('the guide with pictures is named where it is installed',
    { skip: skip || (process.getuid() !== 0 && 'needs root') || skipWithout('unshare') }, (t) => {
        const place = makeHome(t);
        const script = 'mount -t tmpfs none /usr/share && mkdir -p /usr/share/hufu/import && '
            + 'mount --bind "$1" /usr/share/hufu/import && shift && exec "$@"';
        const inside = (...args) => run('unshare', ['-m', 'sh', '-c', script, 'sh', guide, hufu,
            'trust', 'export', place.folder, ...args], { env: place.env });
        const installed = '/usr/share/hufu/import/index.html';
        assert.equal(JSON.parse(inside('--json').stdout).guide, installed);
        assert.match(inside().stdout, new RegExp(`: file://${installed}\n$`));
    });

test('wrong usage is 2, help is 0', (t) => {
    const place = makeHome(t, { leaf: false });
    for (const args of [['a', 'b'], ['--jso'], [''], ['--system']]) {
        const { status, stdout, stderr } = exportTo(place, args);
        assert.equal(status, 2, args.join(' '));
        assert.equal(stdout, '');
        assert.match(stderr, /^Usage: hufu trust export /);
    }
    assert.match(exportTo(place, ['--help']).stdout, /^Usage: hufu trust export /);
});

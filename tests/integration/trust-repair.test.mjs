/* hufu trust repair: each fault is made for real, and what the user had in the database is compared
 * with what is there afterwards. certutil and sqlite3 make the faults and judge; hufu runs neither. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
    chmodSync, chownSync, closeSync, cpSync, existsSync, lchownSync, mkdirSync, mkdtempSync,
    openSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync,
    writeFileSync, writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { nobody, skipOtherUser } from '../hostile/nobody.mjs';
import { skipWithout } from '../lib/programs.mjs';
import {
    addOther, ask, certutil, environment, hufu, list, makeDatabase, makeHome, makeProfile, openssl,
    p256, run, skip as skipTools, trust,
} from '../lib/trust.mjs';

const skip = skipTools || skipWithout('sqlite3');
const PAGE = 4096;

/* What a user has: enough authorities that the rows fill several pages, one of them distrusted,
 * and a client certificate with its key. */
const AUTHORITIES = 24;
let template;

function fill(home, database) {
    makeDatabase(database);
    addOther(home, database, 'CT,c,p');
    for (let i = 0; i < AUTHORITIES; i += 1) {
        const pem = join(home.path, `${i}.pem`);
        openssl('req', '-x509', ...p256, '-keyout', join(home.path, 'ca.key'), '-out', pem,
            '-subj', `/CN=Authority ${i}/O=${'x'.repeat(60)}`, '-days', '30');
        certutil(database, '-A', '-n', `Authority ${i}`, '-t', i % 3 ? 'C,,' : 'p,p,p', '-i', pem);
    }
    const noise = join(home.path, 'noise');
    writeFileSync(noise, randomBytes(64));
    certutil(database, '-S', '-n', 'client', '-s', 'CN=client', '-x', '-t', ',,', '-z', noise,
        '-k', 'ec', '-q', 'nistp256');
}

before(() => {
    if (skip) return;
    template = mkdtempSync(join(tmpdir(), 'hufu-template-'));
    fill({ path: template }, join(template, 'nssdb'));
});

after(() => template && rmSync(template, { recursive: true, force: true }));

/* A home whose only store has all that. */
function makeFilled(t) {
    const home = makeHome(t);
    mkdirSync(dirname(home.chromium), { recursive: true });
    cpSync(join(template, 'nssdb'), home.chromium, { recursive: true });
    chmodSync(home.chromium, 0o700);
    return { ...home, file: (name) => join(home.chromium, name) };
}

function treeOf(folder) {
    return readdirSync(folder, { recursive: true }).sort().map((name) => {
        const path = join(folder, name);
        const info = statSync(path);
        const bytes = info.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
        return [name, info.mode, bytes];
    });
}

const bytesOf = (path) => readFileSync(path).toString('base64');

/* Certificates with their flags, keys, and whether a key still signs; none of it hufu's. */
function inventory(database) {
    const request = join(dirname(database), 'request');
    const signs = spawnSync('certutil', ['-R', '-d', `sql:${database}`, '-k',
        'NSS Certificate DB:client', '-s', 'CN=again', '-o', request]).status === 0;
    rmSync(request, { force: true });
    return {
        certificates: list(database).filter(([name]) => !name.startsWith('hufu localhost')),
        keys: spawnSync('certutil', ['-K', '-d', `sql:${database}`], { encoding: 'utf8' }).stdout,
        signs,
    };
}

const keyOf = ({ keys }) => keys.match(/[0-9a-f]{40}/)[0];

const ours = (database) => list(database).filter(([name]) => name.startsWith('hufu localhost'));

function sql(path, statement, ...options) {
    const result = run('sqlite3', [...options, path, statement]);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
}

/* Every row of the user's, whole. */
const rowsOf = (path, table) => sql(path, `SELECT * FROM ${table}`, '-quote').split('\n').sort();

function overwrite(path, offset, bytes) {
    const fd = openSync(path, 'r+');
    writeSync(fd, bytes, 0, bytes.length, offset);
    closeSync(fd);
}

const spoil = (path, page, length = PAGE) => (
    overwrite(path, page * PAGE, Buffer.alloc(length, 0xa5)));

/* The pages, from 0, that hold rows of a table: in the order of the file. */
function leavesOf(path) {
    const bytes = readFileSync(path);
    return [...Array(bytes.length / PAGE).keys()].slice(1)
        .filter((page) => bytes[page * PAGE] === 13);
}

/* --- damage --- */

/* `lost`: how many of the user's certificates may be lost at most; 0 is everything as before. */
const damages = [
    { name: 'a broken header', files: ['cert9.db'], make: (f) => overwrite(f('cert9.db'), 0, randomBytes(100)) },
    { name: 'a lost first page', files: ['cert9.db'], make: (f) => spoil(f('cert9.db'), 0) },
    { name: 'a lost page of pages', files: ['cert9.db'], make: (f) => spoil(f('cert9.db'), 1) },
    { name: 'a lost page of an index', files: ['cert9.db'], make: (f) => spoil(f('cert9.db'), 2) },
    {
        name: 'a lost page in the middle', files: ['cert9.db'], lost: 10,
        make: (f) => spoil(f('cert9.db'), leavesOf(f('cert9.db'))[1]),
    },
    {
        name: 'its end cut off', files: ['cert9.db'], lost: 10,
        make: (f) => truncateSync(f('cert9.db'), leavesOf(f('cert9.db')).at(-1) * PAGE + 77),
    },
    {
        name: 'random bytes', files: ['cert9.db'], lost: Infinity,
        make: (f) => writeFileSync(f('cert9.db'), randomBytes(50_000)),
    },
    { name: 'a lost first page of both', files: ['cert9.db', 'key4.db'],
        make: (f) => ['cert9.db', 'key4.db'].forEach((name) => spoil(f(name), 0)) },
    { name: 'a lost first page of the keys', files: ['key4.db'], make: (f) => spoil(f('key4.db'), 0) },
    { name: 'a lost page of an index of the keys', files: ['key4.db'], make: (f) => spoil(f('key4.db'), 2) },
    {
        name: 'random bytes for keys', files: ['key4.db'], keysLost: true,
        make: (f) => writeFileSync(f('key4.db'), randomBytes(50_000)),
    },
    {
        name: 'another program\'s tables for keys', files: ['key4.db'], keysLost: true,
        make: (f) => {
            unlinkSync(f('key4.db'));
            sql(f('key4.db'), 'CREATE VIEW nssPrivate AS SELECT 1; CREATE TABLE x (y)');
        },
    },
];

describe('a database with', { skip }, () => {
    for (const { name, files, make, lost = 0, keysLost = false } of damages) {
        test(`${name} is mended, and nothing else is lost`, (t) => {
            const home = makeFilled(t);
            const had = inventory(home.chromium);
            make(home.file);
            const broken = files.map((file) => bytesOf(home.file(file)));
            let tree = treeOf(home.path);
            const status = ask(home, 'status').at(home.chromium);
            assert.equal(status.state, 'refused');
            assert.equal(status.detail, `damaged file (${files.join(', ')})`);
            assert.deepEqual(treeOf(home.path), tree);

            assert.equal(ask(home, 'install').at(home.chromium).state, 'refused');
            assert.deepEqual(files.map((file) => bytesOf(home.file(file))), broken);
            assert.match(trust(home, ['install']).stdout, /\nRun: hufu trust repair\n$/);
            tree = treeOf(home.path);
            const dry = ask(home, 'repair', '--dry-run').at(home.chromium);
            assert.deepEqual([dry.state, dry.copy], ['repaired', null]);
            assert.deepEqual(treeOf(home.path), tree);

            const answer = ask(home, 'repair');
            const { state, copy } = answer.at(home.chromium);
            assert.deepEqual([answer.ok, state], [true, 'repaired']);
            assert.deepEqual(files.map((file) => bytesOf(join(copy, file))), broken);
            for (const file of files) assert.equal(statSync(join(copy, file)).mode & 0o777, 0o600);
            assert.equal(statSync(copy).mode & 0o777, 0o700);
            assert.ok(!existsSync(home.file('hufu-repair')));

            const has = inventory(home.chromium);
            assert.ok(has.certificates.length >= had.certificates.length - lost);
            const before = new Map(had.certificates);
            for (const [nickname, flags] of has.certificates) {
                if (keysLost && nickname === 'client') continue;
                assert.equal(flags, before.get(nickname), nickname);
            }
            if (lost === 0 && !keysLost) assert.deepEqual(has, had);
            if (!keysLost) assert.deepEqual(keyOf(has), keyOf(had));
            assert.equal(ours(home.chromium).length, 1);
            assert.equal(ask(home, 'status').ok, true);
            tree = treeOf(home.chromium);
            assert.equal(ask(home, 'repair').at(home.chromium).state, 'trusted');
            assert.deepEqual(treeOf(home.chromium), tree);
        });
    }

    test('rows that can be read keep their ids and every value', (t) => {
        const home = makeFilled(t);
        const tables = [['cert9.db', 'nssPublic'], ['key4.db', 'nssPrivate'], ['key4.db', 'metaData']];
        const had = tables.map(([file, table]) => rowsOf(home.file(file), table));
        for (const file of ['cert9.db', 'key4.db']) spoil(home.file(file), 0);
        ask(home, 'repair');
        tables.forEach(([file, table], i) => {
            const has = new Set(rowsOf(home.file(file), table));
            assert.deepEqual(had[i].filter((row) => !has.has(row)), [], table);
        });
    });

    test('a lost page: what was saved and lost is counted and said', (t) => {
        const home = makeFilled(t);
        const all = rowsOf(home.file('cert9.db'), 'nssPublic').length - 1;
        const [page] = leavesOf(home.file('cert9.db')).slice(1);
        const gone = readFileSync(home.file('cert9.db')).readUInt16BE(page * PAGE + 3);
        spoil(home.file('cert9.db'), page);
        const { stdout } = trust(home, ['repair']);
        assert.match(stdout, new RegExp(`; entries saved: ${all - gone}, lost: ${gone}\n`));
        assert.match(stdout, /; a copy is kept in \/.*\/hufu-copy-\d{8}T\d{6}Z; /);
    });

    test('lost keys: it says so, and that a copy is kept', (t) => {
        const home = makeFilled(t);
        writeFileSync(home.file('key4.db'), randomBytes(9000));
        const { stdout } = trust(home, ['repair'], { LC_ALL: 'zh_TW.UTF-8' });
        assert.match(stdout, /已修復.*檔案損壞 \(key4\.db\)；副本保存於 .*；救回的項目：0，遺失：.*；私密金鑰/);
    });

    test('what was deleted does not come back', (t) => {
        const home = makeFilled(t);
        const fresh = home.file('cert9.db');
        sql(fresh, 'PRAGMA secure_delete=OFF; DELETE FROM nssPublic WHERE rowid > 20');
        const had = inventory(home.chromium);
        spoil(fresh, 2);
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'repaired');
        assert.deepEqual(inventory(home.chromium).certificates, had.certificates);
    });

    test('two repairs in one second keep two copies', (t) => {
        const home = makeFilled(t);
        const copies = [0, 1].map(() => {
            spoil(home.file('cert9.db'), 0);
            return ask(home, 'repair').at(home.chromium).copy;
        });
        assert.notEqual(copies[0], copies[1]);
        for (const copy of copies) assert.ok(existsSync(join(copy, 'cert9.db')));
    });
});

/* --- missing, empty, half done --- */

describe('a database', { skip }, () => {
    for (const [what, make] of [['missing', unlinkSync], ['empty', (path) => truncateSync(path)]]) {
        test(`whose certificates are ${what} is made anew; the keys stay`, (t) => {
            const home = makeFilled(t);
            const had = inventory(home.chromium);
            make(home.file('cert9.db'));
            assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
            assert.equal(keyOf(inventory(home.chromium)), keyOf(had));
            assert.equal(ask(home, 'status').ok, true);
        });

        test(`whose keys are ${what} keeps its certificates and flags`, (t) => {
            const home = makeFilled(t);
            const had = inventory(home.chromium);
            make(home.file('key4.db'));
            const seen = ask(home, 'status').at(home.chromium);
            assert.equal(seen.detail, 'missing or empty file (key4.db)');
            assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
            const others = ([nickname]) => nickname !== 'client';
            assert.deepEqual(inventory(home.chromium).certificates.filter(others),
                had.certificates.filter(others));
        });
    }

    test('with the leaf but not its trust is finished', (t) => {
        const home = makeFilled(t);
        ask(home, 'install');
        const had = inventory(home.chromium);
        const [[nickname]] = ours(home.chromium);
        certutil(home.chromium, '-M', '-n', nickname, '-t', ',,');
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
        assert.deepEqual(inventory(home.chromium), had);
    });

    test('with trust whose signature is missing is finished', (t) => {
        const home = makeFilled(t);
        ask(home, 'install');
        const had = inventory(home.chromium);
        const id = sql(home.file('cert9.db'),
            "SELECT printf('%08x', id) FROM nssPublic WHERE a0 = x'ce534353' ORDER BY rowid DESC LIMIT 1");
        sql(home.file('key4.db'), `DELETE FROM metaData WHERE id LIKE 'sig_cert_${id.trim()}%'`);
        assert.equal(ask(home, 'status').at(home.chromium).state, 'absent');
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
        assert.deepEqual(inventory(home.chromium), had);
        assert.equal(ask(home, 'status').ok, true);
    });

    test('with an older leaf has the new one in its place', (t) => {
        const home = makeFilled(t);
        ask(home, 'install');
        unlinkSync(home.key);
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
        assert.equal(ours(home.chromium).length, 1);
    });

    test('with somebody else\'s certificate of our nickname keeps it', (t) => {
        const home = makeFilled(t);
        ask(home, 'install');
        const [[nickname]] = ours(home.chromium);
        ask(home, 'remove');
        const pem = join(home.path, 'twin.pem');
        openssl('req', '-x509', ...p256, '-keyout', join(home.path, 'twin.key'), '-out', pem,
            '-subj', '/CN=Somebody Else', '-days', '30');
        certutil(home.chromium, '-A', '-n', nickname, '-t', 'c,,', '-i', pem);
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
        const twins = ours(home.chromium).filter(([, flags]) => flags === 'c,,');
        assert.equal(twins.length, 1);
        assert.equal(ask(home, 'status').ok, true);
    });

    test('that a crash left half written is taken back first', async (t) => {
        const home = makeFilled(t);
        const had = inventory(home.chromium);
        const intact = bytesOf(home.file('cert9.db'));
        const writer = spawn('sqlite3', [home.file('cert9.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
        writer.stdin.write('PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN;\n'
            + 'UPDATE nssPublic SET a11 = zeroblob(3000);\nSELECT 1;\n');
        await once(writer.stdout, 'data');
        writer.kill('SIGKILL');
        await once(writer, 'exit');
        assert.notEqual(bytesOf(home.file('cert9.db')), intact);
        assert.ok(statSync(home.file('cert9.db-journal')).size > 0);
        assert.equal(ask(home, 'repair').ok, true);
        assert.deepEqual(inventory(home.chromium), had);
    });

    test('in the old format alone waits for the browser', (t) => {
        const home = makeHome(t);
        mkdirSync(home.chromium, { recursive: true });
        const made = run('certutil', ['-N', '--empty-password', '-d', `dbm:${home.chromium}`],
            { env: { ...process.env, NSS_DEFAULT_DB_TYPE: 'dbm' } });
        if (made.status !== 0) {
            for (const name of ['cert8.db', 'key3.db']) writeFileSync(join(home.chromium, name), 'x');
        }
        const tree = treeOf(home.chromium);
        for (const verb of ['status', 'install', 'repair']) {
            const { state, detail } = ask(home, verb).at(home.chromium);
            assert.deepEqual([state, detail],
                ['refused', 'its certificates are still in the format from before 2018 (cert8.db)'], verb);
        }
        assert.match(trust(home, ['repair']).stdout, /\nStart the browser once /);
        assert.deepEqual(treeOf(home.chromium), tree);
    });

    test('that is no file is named', (t) => {
        for (const make of [(path) => mkdirSync(path), (path) => run('mkfifo', [path]),
            (path) => symlinkSync(join(template, 'nssdb/cert9.db'), path)]) {
            const home = makeFilled(t);
            unlinkSync(home.file('cert9.db'));
            make(home.file('cert9.db'));
            for (const verb of ['status', 'install', 'repair', 'remove']) {
                const { state, detail } = ask(home, verb).at(home.chromium);
                assert.deepEqual([state, detail], ['refused', 'one of its files is a link or no plain file (cert9.db)'], verb);
            }
        }
    });

    test('that is damaged and has a primary password is mended, and that is said', (t) => {
        const home = makeFilled(t);
        const [none, password] = ['none', 'password'].map((name) => join(home.path, name));
        writeFileSync(none, '\n');
        writeFileSync(password, 'correct horse\n');
        certutil(home.chromium, '-W', '-f', none, '-@', password);
        const had = certutil(home.chromium, '-L', '-f', password) + certutil(home.chromium, '-K', '-f', password);
        spoil(home.file('cert9.db'), 0);
        spoil(home.file('key4.db'), 0);
        const { state, detail, copy } = ask(home, 'repair').at(home.chromium);
        assert.deepEqual([state, detail], ['refused', 'it has a primary password']);
        assert.ok(existsSync(join(copy, 'key4.db')));
        assert.equal(certutil(home.chromium, '-L', '-f', password)
            + certutil(home.chromium, '-K', '-f', password), had);
    });
});

/* --- permissions --- */

describe('as another user than root, a database', { skip: skip || skipOtherUser }, () => {
    function giveAway(home) {
        for (const name of readdirSync(home.path, { recursive: true })) {
            lchownSync(join(home.path, name), nobody, nobody);
        }
        chownSync(home.path, nobody, nobody);
        return home;
    }

    function askAsNobody(home, verb, ...rest) {
        const { stdout } = run(hufu, ['trust', verb, ...rest],
            { env: environment(home), uid: nobody, gid: nobody });
        return stdout;
    }

    const at = (home, verb, ...rest) => JSON.parse(askAsNobody(home, verb, '--json', ...rest)).stores
        .find(({ path }) => path === home.chromium);

    for (const [what, mode, path] of [
        ['file', 0o400, (home) => home.file('cert9.db')],
        ['file of keys', 0o400, (home) => home.file('key4.db')],
        ['file that not even its owner reads', 0, (home) => home.file('cert9.db')],
        ['folder', 0o500, (home) => home.chromium],
    ]) {
        test(`with a read-only ${what} can be written to again`, (t) => {
            const home = giveAway(makeFilled(t));
            const had = inventory(home.chromium);
            giveAway(home);
            chmodSync(path(home), mode);
            assert.equal(at(home, 'install').detail, 'read-only file or folder');
            assert.match(askAsNobody(home, 'install'), /\nRun: hufu trust repair\n$/);
            const tree = treeOf(home.path);
            assert.equal(at(home, 'repair', '--dry-run').state, 'repaired');
            assert.deepEqual(treeOf(home.path), tree);
            const { state, detail } = at(home, 'repair');
            assert.deepEqual([state, detail], ['repaired', 'read-only file or folder']);
            assert.deepEqual(inventory(home.chromium), had);
        });
    }

    test('with a file of root is explained by one command', (t) => {
        const home = giveAway(makeFilled(t));
        chownSync(home.file('cert9.db'), 0, 0);
        const tree = treeOf(home.chromium);
        for (const verb of ['install', 'repair']) {
            const { state, detail } = at(home, verb);
            assert.deepEqual([state, detail], ['refused', 'file of another user (cert9.db)']);
        }
        assert.ok(askAsNobody(home, 'repair').endsWith(
            `\nRun: sudo chown -hR "$(id -un):" -- '${home.chromium}'\n`));
        assert.deepEqual(treeOf(home.chromium), tree);
    });

    test('of root is repaired by that command, whatever the path', (t) => {
        const outer = makeHome(t);
        const path = join(outer.path, "it's a \"$(home)\"");
        mkdirSync(path);
        const chromium = join(path, '.local/share/pki/nssdb');
        mkdirSync(dirname(chromium), { recursive: true });
        cpSync(join(template, 'nssdb'), chromium, { recursive: true });
        chownSync(outer.path, nobody, nobody);
        giveAway({ path });
        chownSync(join(chromium, 'key4.db'), 0, 0);
        const step = askAsNobody({ path }, 'repair').trim().split('\n').at(-1);
        const command = step.match(/^Run: sudo (.*)$/)[1].replace('$(id -un)', 'nobody');
        assert.equal(run('sh', ['-c', command]).status, 0);
        assert.equal(statSync(join(chromium, 'key4.db')).uid, nobody);
        assert.match(askAsNobody({ path }, 'install'), /^added/);
    });
});

/* --- disks --- */

const inNamespace = process.getuid() === 0 ? false : 'missing: root, to mount';

describe('on a disk', { skip: skip || inNamespace }, () => {
    function mounted(home, prepare, verb) {
        const script = `set -e; ${prepare}; "$0" trust ${verb} --json`;
        const { stdout, stderr } = run('unshare', ['-m', 'sh', '-c', script, hufu],
            { env: { ...environment(home), P: home.chromium } });
        assert.ok(stdout, stderr);
        return JSON.parse(stdout).stores
            .find(({ path }) => path === home.chromium);
    }

    test('that is read-only: explained', (t) => {
        const home = makeFilled(t);
        const readOnly = 'mount --bind "$P" "$P"; mount -o remount,ro,bind "$P"';
        for (const verb of ['install', 'repair']) {
            const { state, detail } = mounted(home, readOnly, verb);
            assert.deepEqual([state, detail],
                ['refused', 'you cannot write to its disk (EROFS)']);
        }
        assert.notEqual(mounted(home, readOnly, 'status').state, 'refused');
    });

    for (const [what, breakIt] of [
        ['a sound database', ':'],
        ['a damaged one', 'dd if=/dev/zero of="$P/cert9.db" bs=100 count=1 conv=notrunc 2>"$HOME/dd"'],
    ]) {
        for (const pages of [0, 4, 20]) {
            test(`with ${pages} free pages: ${what} is left as it is`, (t) => {
                const home = makeFilled(t);
                const script = `set -e; mount -t tmpfs -o size=2m x "$P"; cp -p "$T"/* "$P"; ${breakIt}
                    cp "$P/cert9.db" "$P/key4.db" "$HOME"
                    dd if=/dev/zero of="$P/filler" bs=4096 2>"$HOME/dd" || true
                    truncate -s -$((4096 * ${pages})) "$P/filler"
                    for verb in install repair; do "$0" trust $verb --json || true; done
                    cmp "$P/cert9.db" "$HOME/cert9.db"; cmp "$P/key4.db" "$HOME/key4.db"; ls "$P"`;
                const { stdout, stderr, status } = run('unshare', ['-m', 'sh', '-c', script, hufu],
                    { env: { ...environment(home), P: home.chromium, T: join(template, 'nssdb') } });
                assert.equal(status, 0, stderr);
                const [install, repair, ...files] = stdout.trim().split('\n');
                for (const line of [install, repair]) {
                    const { state, detail } = JSON.parse(line).stores[0];
                    assert.deepEqual([state, detail], ['refused', 'the disk is full']);
                }
                assert.deepEqual(files, ['cert9.db', 'filler', 'key4.db', 'pkcs11.txt']);
            });
        }
    }
});

/* --- in use --- */

describe('in use, a database', { skip }, () => {
    test('that is locked names the program and is served afterwards', async (t) => {
        const home = makeFilled(t);
        const had = inventory(home.chromium);
        const holder = spawn('sqlite3', [home.file('cert9.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
        t.after(() => holder.kill('SIGKILL'));
        holder.stdin.write('BEGIN EXCLUSIVE;\nSELECT 1;\n');
        await once(holder.stdout, 'data');
        const tree = treeOf(home.chromium);
        for (const verb of ['status', 'install', 'repair']) {
            const { state, detail } = ask(home, verb).at(home.chromium);
            assert.deepEqual([state, detail],
                ['refused', 'a running program is using it (sqlite3)'], verb);
        }
        assert.match(trust(home, ['install']).stdout,
            /\nClose that program, then run: hufu trust repair\n$/);
        assert.deepEqual(treeOf(home.chromium), tree);
        holder.stdin.end();
        await once(holder, 'exit');
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'added');
        assert.deepEqual(inventory(home.chromium), had);
    });

    test('that is damaged is not taken from under the program that has it', async (t) => {
        const home = makeFilled(t);
        const fd = openSync(home.file('cert9.db'), 'r+');
        const holder = spawn('sleep', ['60'], { stdio: [fd, 'ignore', 'ignore'] });
        t.after(() => holder.kill('SIGKILL'));
        closeSync(fd);
        await once(holder, 'spawn');
        spoil(home.file('cert9.db'), 0);
        const tree = treeOf(home.chromium);
        assert.equal(ask(home, 'repair').at(home.chromium).detail,
            'a running program is using it (sleep)');
        assert.deepEqual(treeOf(home.chromium), tree);
        holder.kill('SIGKILL');
        await once(holder, 'exit');
        assert.equal(ask(home, 'repair').at(home.chromium).state, 'repaired');
    });

    const firefox = '/usr/bin/firefox-esr';

    test('of a running Firefox is served beside it', { skip: skipWithout(firefox) }, async (t) => {
        const home = makeHome(t);
        const profile = makeProfile(home, 'x.default');
        const browser = spawn(firefox, ['--headless', '--no-remote', '--profile', profile],
            { env: { ...environment(home), MOZ_DISABLE_CONTENT_SANDBOX: '1' }, stdio: 'ignore', detached: true });
        const end = once(browser, 'exit');
        t.after(() => { try { process.kill(-browser.pid, 'SIGKILL'); } catch { /* it ended */ } });
        await untilHeld(join(profile, 'key4.db'));
        assert.equal(ask(home, 'install').at(profile).state, 'added');
        assert.equal(ask(home, 'status').at(profile).state, 'trusted');
        spoil(join(profile, 'cert9.db'), 0);
        const held = ask(home, 'repair').at(profile);
        assert.equal(held.state, 'refused');
        assert.match(held.detail, /^a running program is using it \(firefox/);
        process.kill(-browser.pid, 'SIGKILL');
        await end;
        assert.equal(ask(home, 'repair').at(profile).state, 'repaired');
        assert.equal(ask(home, 'status').at(profile).state, 'trusted');
    });
});

/* Until Firefox has made its database: then it has it open. */
async function untilHeld(path) {
    const deadline = Date.now() + 60_000;
    while (!existsSync(path) || statSync(path).size < 20_000) {
        assert.ok(Date.now() < deadline, 'Firefox made no database');
        await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
}

/* --- killed --- */

test('killed at any moment, the old or the new database is in place', { skip }, async (t) => {
    const home = makeFilled(t);
    const had = inventory(home.chromium);
    ask({ ...makeHome(t) }, 'install');
    spoil(home.file('cert9.db'), 0);
    const broken = bytesOf(home.file('cert9.db'));
    const sound = readFileSync(home.file('key4.db'));
    const began = Date.now();
    const whole = makeFilled(t);
    spoil(whole.file('cert9.db'), 0);
    ask(whole, 'repair');
    const duration = Date.now() - began;
    const seen = { old: 0, new: 0 };
    for (let i = 0; i < 25; i += 1) {
        rmSync(home.chromium, { recursive: true });
        mkdirSync(home.chromium, { mode: 0o700 });
        writeFileSync(home.file('cert9.db'), Buffer.from(broken, 'base64'));
        writeFileSync(home.file('key4.db'), sound);
        const child = spawn(hufu, ['trust', 'repair', '--json'],
            { env: environment(home), detached: true, stdio: 'ignore' });
        const end = once(child, 'exit');
        await new Promise((resolve) => { setTimeout(resolve, (duration * i) / 24); });
        try { process.kill(-child.pid, 'SIGKILL'); } catch { /* it ended */ }
        await end;
        if (bytesOf(home.file('cert9.db')) === broken) {
            seen.old += 1;
        } else {
            seen.new += 1;
            assert.deepEqual(inventory(home.chromium), had);
            const copies = readdirSync(home.chromium).filter((name) => name.startsWith('hufu-copy-'));
            assert.equal(copies.length, 1);
            assert.equal(bytesOf(join(home.chromium, copies[0], 'cert9.db')), broken);
        }
        assert.equal(ask(home, 'repair').ok, true);
        assert.deepEqual(inventory(home.chromium), had);
        assert.ok(!existsSync(home.file('hufu-repair')));
    }
    assert.ok(seen.old > 0 && seen.new > 0, JSON.stringify(seen));
});

/* The made-up citizens and their cards: do they have what the real ones have? Everything is judged
 * by openssl and pkcs11-tool; no program of hufu takes part. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
    X509Certificate, constants, createHash, createPublicKey, publicEncrypt, verify,
} from 'node:crypto';
import {
    existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { skipWithout } from '../lib/programs.mjs';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const maker = (name) => join(dirname(tests), 'data', 'kit', 'citizens', name);
const build = process.env.HUFU_BUILD ?? join(dirname(tests), 'build');
const pivcard = join(build, 'tests', 'cards', 'pivcard');
const faulty = join(build, 'src', 'faulty.so');
const softhsm = process.env.HUFU_SOFTHSM ?? '/usr/lib/softhsm/libsofthsm2.so';
const pin = '123456';

const people = {
    citizen: { name: '王測試', number: '9000000000000001', tail: '1234' },
    second: { name: '陳𠮷堃', number: '9000000000000002', tail: '5678' },
    expired: { name: '李過期', number: '9000000000000003', tail: '2345' },
    notyet: { name: '林未來', number: '9000000000000004', tail: '3456' },
    ec: { name: '黃曲線', number: '9000000000000005', tail: '4567', key: 'ASN1 OID: prime256v1' },
    rsa3072: {
        name: '鄭中鑰', number: '9000000000000030', tail: '3072', key: 'Public-Key: (3072 bit)',
    },
    rsa4096: {
        name: '吳長鑰', number: '9000000000000006', tail: '6789', key: 'Public-Key: (4096 bit)',
    },
    p384: { name: '周曲線', number: '9000000000000007', tail: '7890', key: 'ASN1 OID: secp384r1' },
};

/* Who is not an ordinary citizen: attributes under 2.16.886.1.100.2, as openssl prints them. */
const others = {
    secondary: {
        subject: 'C=TW, CN=趙附卡, serialNumber=9000000000000008',
        issuer: 'C=TW, O=行政院測試, OU=內政部憑證管理中心測試',
        attributes: { 1: '2.16.886.1.100.3.1.1', 2: 'secondary', 51: '8901' },
    },
    company: {
        subject: 'C=TW, O=測試股份有限公司, serialNumber=00000000',
        issuer: 'C=TW, O=行政院測試, OU=工商憑證管理中心測試',
        attributes: { 1: '2.16.886.1.100.3.2.2.1.1', 2: 'primary', 101: '00000000' },
    },
    agency: {
        subject: 'C=TW, O=測試機關, OU=測試處',
        issuer: 'C=TW, O=行政院測試, OU=政府憑證管理中心測試',
        attributes: { 1: '2.16.886.1.100.3.2.1.1', 102: '2.16.886.101.90000.90001' },
    },
    organisation: {
        subject: 'C=TW, O=測試協會',
        issuer: 'C=TW, O=行政院測試, CN=組織及團體憑證管理中心測試',
        attributes: { 1: '2.16.886.1.100.3.2.99', 102: '2.16.886.119.90000.90002' },
    },
    health: {
        subject: 'C=TW, CN=錢醫測, serialNumber=9000000000000011',
        issuer: 'C=TW, O=衛生福利部測試, OU=醫事憑證管理中心測試',
        attributes: { 1: '2.16.886.1.100.3.1.7' },
    },
};

/* Names in the types that issuers used before UTF-8. */
const old = {
    bmp: { type: 'BMPSTRING', bytes: '9AD853E45B57', codePage: 'UTF-16BE', name: '高古字' },
    big5: { type: 'T61STRING', bytes: 'B35CA55CBB5C', codePage: 'CP950', name: '許功蓋' },
};

let folder;
const inFolder = (...names) => join(folder, ...names);
const citizens = (...names) => inFolder('citizens', ...names);

function run(program, args, { home, timeout = 20_000 } = {}) {
    const env = { ...process.env, ...home && { HOME: home } };
    delete env.SOFTHSM2_CONF;
    return spawnSync(program, args, { env, timeout, encoding: 'utf8' });
}

function succeed(program, args, options) {
    const result = run(program, args, options);
    assert.equal(result.status, 0, `${program} ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
}

const openssl = (...args) => succeed('openssl', args);

const missing = skipWithout('openssl', 'flock');

before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hufu-citizens-'));
    if (!missing) {
        succeed(maker('make'), [citizens()]);
    }
});

after(() => rmSync(folder, { recursive: true }));

function certificateOf(name, use) {
    return new X509Certificate(readFileSync(citizens(name, `${use}.pem`)));
}

function assertSignature(name, data, signature) {
    const { publicKey } = certificateOf(name, 'sign');
    assert.ok(verify('sha256', data, publicKey, signature), `signature of ${name}`);
}

const usages = { sign: 'Digital Signature', keyx: 'Key Encipherment, Data Encipherment' };

/* Two attributes: 2.16.886.1.100.2.1 = 2.16.886.1.100.3.1.1, and 2.16.886.1.100.2.51 = tail. */
const holderDer = (tail) => [
    '302a', '3015', '060760867601640201', '310a', '06086086760164030101',
    '3011', '060760867601640233', '3106', '1304', Buffer.from(tail).toString('hex'),
].join('');

describe('certificates', { skip: missing }, () => {
    const text = (name, use) => openssl('x509', '-in', citizens(name, `${use}.pem`), '-noout',
        '-text', '-nameopt', 'utf8,sep_comma_plus_space');

    for (const [person, { name, number, tail, key }] of Object.entries(people)) {
        const uses = key ? ['sign'] : ['sign', 'keyx'];
        for (const use of uses) {
            test(`${person}/${use} has the profile of a citizen card`, () => {
                const shown = text(person, use);
                for (const line of [
                    `Subject: C=TW, CN=${name}, serialNumber=${number}\n`,
                    'Issuer: C=TW, O=行政院測試, OU=內政部憑證管理中心測試\n',
                    `X509v3 Key Usage: critical\n                ${usages[use]}\n`,
                    key ?? 'Public-Key: (2048 bit)',
                    'Policy: 2.16.886.101.0.3.3\n',
                    'X509v3 Subject Key Identifier',
                    'X509v3 Authority Key Identifier',
                    'X509v3 Subject Directory Attributes',
                    'URI:http://moica-test.example/repository/CRL/complete.crl',
                    'OCSP - URI:http://moica-test.example/',
                    'CA Issuers - URI:http://moica-test.example/',
                ]) {
                    assert.ok(shown.includes(line), `${line} in ${shown}`);
                }
                assert.ok(certificateOf(person, use).raw.toString('hex').includes(holderDer(tail)));
            });
        }
    }

    for (const [holder, { subject, issuer, attributes }] of Object.entries(others)) {
        test(`${holder} has the profile of its kind`, () => {
            const shown = text(holder, 'sign');
            assert.ok(shown.includes(`Subject: ${subject}\n`), shown);
            assert.ok(shown.includes(`Issuer: ${issuer}\n`), shown);
            const parsed = (...args) => openssl('asn1parse', ...args,
                '-in', citizens(holder, 'sign.pem'));
            const at = parsed().match(
                /X509v3 Subject Directory Attributes\n *(\d+):.*OCTET STRING/)[1];
            const values = [...parsed('-strparse', at)
                .matchAll(/OBJECT +:(\S+)\n.* SET +\n.*prim: [^:]+:(\S+)/g)];
            assert.deepEqual(Object.fromEntries(values.map(([, oid, value]) => [oid, value])),
                Object.fromEntries(Object.entries(attributes)
                    .map(([arc, value]) => [`2.16.886.1.100.2.${arc}`, value])));
            assert.match(run('openssl', ['verify', '-x509_strict', '-CAfile',
                citizens('hierarchy.pem'), citizens(holder, 'sign.pem')]).stdout, /: OK\n$/);
        });
    }

    for (const [holder, { type, bytes, codePage, name }] of Object.entries(old)) {
        test(`the name of ${holder} is a ${type}`, () => {
            const shown = openssl('x509', '-in', citizens(holder, 'sign.pem'), '-noout',
                '-subject', '-nameopt', 'sep_comma_plus,show_type,dump_all');
            assert.ok(shown.includes(`CN=${type}:#${bytes},`), shown);
            assert.equal(`${spawnSync('iconv', ['-f', codePage, '-t', 'UTF-8'],
                { input: Buffer.from(bytes, 'hex') }).stdout}`, name);
        });
    }

    test('keys are PKCS#8 and belong to their certificates', () => {
        for (const person of Object.keys(people)) {
            const key = readFileSync(citizens(person, 'sign.key'), 'utf8');
            assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/);
            const certificate = certificateOf(person, 'sign');
            assert.ok(certificate.publicKey.equals(createPublicKey(key)));
            assert.deepEqual(readFileSync(citizens(person, 'sign.der')), certificate.raw);
        }
    });

    test('an older version is certified again, with the keys that exist', () => {
        const key = readFileSync(citizens('ec', 'sign.key'));
        const old = certificateOf('ec', 'sign');
        writeFileSync(citizens('.done'), 'of another version\n');
        succeed(maker('make'), [citizens()]);
        const now = certificateOf('ec', 'sign');
        assert.deepEqual(readFileSync(citizens('ec', 'sign.key')), key);
        assert.notEqual(now.serialNumber, old.serialNumber);
        succeed(maker('make'), [citizens()]);
        assert.equal(certificateOf('ec', 'sign').serialNumber, now.serialNumber);
    });

    test('Big5 cannot write the name of the second citizen', () => {
        const big5 = (name) => spawnSync('iconv', ['-f', 'UTF-8', '-t', 'CP950'], { input: name });
        assert.equal(big5(people.citizen.name).status, 0);
        assert.notEqual(big5(people.second.name).status, 0);
    });

    const judge = (person, ...args) => run('openssl', ['verify', '-CAfile',
        citizens('hierarchy.pem'), '-x509_strict', '-explicit_policy', '-policy',
        '2.16.886.101.0.3.3', ...args, citizens(person, 'sign.pem')]);

    test('the hierarchy vouches for those whose time it is', () => {
        for (const person of ['citizen', 'second', 'ec', 'rsa4096', 'p384']) {
            assert.match(judge(person).stdout, /: OK\n$/);
        }
        const yearFromNow = (years) => `${Math.floor(Date.now() / 1000) + years * 31_557_600}`;
        for (const [person, years, complaint] of [
            ['expired', -3, 'certificate has expired'],
            ['notyet', 3, 'certificate is not yet valid'],
        ]) {
            assert.ok(judge(person).stderr.includes(complaint));
            assert.match(judge(person, '-attime', yearFromNow(years)).stdout, /: OK\n$/);
        }
    });
});

/* Brings up SoftHSM in a home of its own, the way the sandbox does. */
function makeCards(...names) {
    const home = mkdtempSync(inFolder('home-'));
    mkdirSync(join(home, '.config'));
    succeed(maker('softhsm'),
        [join(home, '.config', 'softhsm2'), citizens(), ...names]);
    return home;
}

const tool = (module, args) => ['--module', module, ...args];
const login = ['--login', '--pin', pin];
const hex = (id) => Buffer.from(id).toString('hex');

/* What pkcs11-tool needs to sign with the key whose CKA_ID is `id` (in hexadecimal). */
function signArguments(slot, id, ...mechanism) {
    writeFileSync(inFolder('data'), 'made to be signed');
    return ['--slot-index', `${slot}`, ...login, '--id', id, '--sign', '-m', ...mechanism,
        '-i', inFolder('data'), '-o', inFolder('signature')];
}

const signed = () => [readFileSync(inFolder('data')), readFileSync(inFolder('signature'))];

describe('cards in SoftHSM',
    { skip: missing || skipWithout('softhsm2-util', 'pkcs11-tool') }, () => {
        const ask = (home, ...args) => succeed('pkcs11-tool', tool(softhsm, args), { home });

        function certificates(home, slot) {
            const shown = ask(home, '--slot-index', `${slot}`, '-O', '--type', 'cert');
            return [...shown.matchAll(/label: *(\S+)[^]*?ID: *(\S+)/g)]
                .map(([, label, id]) => `${label} ${Buffer.from(id, 'hex')}`).sort();
        }

        test('a card holds what a citizen card holds', () => {
            const home = makeCards('citizen');
            assert.match(ask(home, '--list-token-slots'), /token label *: HiCOS PKI Smart Card\n/);
            assert.deepEqual(certificates(home, 0),
                ['CACert CACert', 'ROOTCACert ROOTCACert', 'cert1 SIGN', 'cert2 KEYX']);
            const keys = ask(home, '--slot-index', '0', ...login, '-O', '--type', 'privkey');
            assert.deepEqual([...keys.matchAll(/ID: *(\S+)/g)]
                .map(([, id]) => `${Buffer.from(id, 'hex')}`).sort(), ['KEYX', 'SIGN']);
        });

        test('cards come in the order asked for', () => {
            const names = ['second', 'ec', 'company', 'expired', 'health'];
            const home = makeCards(...names);
            const read = (slot, id) => {
                const file = inFolder('read.der');
                ask(home, '--slot-index', `${slot}`, '--read-object', '--type', 'cert',
                    '--id', hex(id), '-o', file);
                return readFileSync(file);
            };
            names.forEach((name, slot) => {
                assert.deepEqual(read(slot, 'SIGN'), certificateOf(name, 'sign').raw);
            });
            assert.deepEqual(read(0, 'CACert'), readFileSync(citizens('ca', 'issuing.der')));
            assert.deepEqual(read(2, 'CACert'), readFileSync(citizens('ca', 'moeaca.der')));
            const serials = ask(home, '--list-token-slots').match(/serial num *: \S+/g);
            assert.equal(new Set(serials).size, names.length);
        });

        test('keys sign and decrypt', () => {
            const home = makeCards('citizen', 'rsa4096', 'ec', 'p384');
            ['citizen', 'rsa4096'].forEach((person, slot) => {
                ask(home, ...signArguments(slot, hex('SIGN'), 'SHA256-RSA-PKCS'));
                assertSignature(person, ...signed());
            });

            /* SoftHSM hashes for RSA only. */
            ['ec', 'p384'].forEach((person, slot) => {
                const arguments_ = signArguments(
                    slot + 2, hex('SIGN'), 'ECDSA', '--signature-format', 'openssl');
                const [data] = signed();
                writeFileSync(inFolder('data'), createHash('sha256').update(data).digest());
                ask(home, ...arguments_);
                assertSignature(person, data, signed()[1]);
            });

            writeFileSync(inFolder('sealed'), publicEncrypt({
                key: certificateOf('citizen', 'keyx').publicKey,
                padding: constants.RSA_PKCS1_PADDING,
            }, Buffer.from('for her eyes')));
            ask(home, '--slot-index', '0', ...login, '--id', hex('KEYX'),
                '--decrypt', '-m', 'RSA-PKCS', '-i', inFolder('sealed'), '-o', inFolder('open'));
            assert.equal(readFileSync(inFolder('open'), 'utf8'), 'for her eyes');
        });

        test('an empty card has nothing, and none is no card', () => {
            const home = makeCards('empty', 'citizen');
            assert.deepEqual(certificates(home, 0), []);
            assert.equal(certificates(home, 1).length, 4);
            assert.doesNotMatch(ask(makeCards('none'), '--list-token-slots'), /token label/);
        });

        test('an unknown citizen is wrong usage', () => {
            assert.equal(run(maker('softhsm'),
                [inFolder('nobody'), citizens(), 'nobody']).status, 2);
        });
    });

describe('the module that misbehaves',
    { skip: missing || skipWithout('softhsm2-util', 'pkcs11-tool', faulty) }, () => {
        const locked = /user PIN locked/;
        let home;

        before(() => {
            home = makeCards('citizen');
            mkdirSync(join(home, '.config', 'hufu-test'));
        });

        function ask(fault, args, timeout) {
            writeFileSync(join(home, '.config', 'hufu-test', 'fault'), `${fault}\n`);
            return run('pkcs11-tool', tool(faulty, args), { home, timeout });
        }

        const flags = (fault) => ask(fault, ['--list-token-slots']).stdout;
        const sign = (fault, timeout) => ask(
            fault, signArguments(0, hex('SIGN'), 'SHA256-RSA-PKCS'), timeout);

        test('none', () => {
            assert.equal(sign('none').status, 0);
            assertSignature('citizen', ...signed());
            assert.match(flags('none'), /HiCOS/);
            assert.doesNotMatch(flags('none'), locked);
        });

        test('crash, crash-load', () => {
            assert.match(flags('crash'), /HiCOS/);
            assert.equal(sign('crash').signal, 'SIGSEGV');
            assert.equal(ask('crash-load', ['-L']).signal, 'SIGSEGV');
        });

        test('hang', () => {
            assert.equal(sign('hang', 1000).error.code, 'ETIMEDOUT');
        });

        test('locked, final', () => {
            assert.match(sign('locked').stderr, /C_Login.*CKR_PIN_LOCKED/);
            assert.match(flags('locked'), locked);
            assert.match(flags('final'), /final user PIN try/);
            assert.equal(sign('final').status, 0);
        });

        test('removed', () => {
            /* pkcs11-tool goes on to sign part by part, which the real module then refuses. */
            assert.match(sign('removed').stderr, /C_Sign.* failed: rv = CKR_OPERATION_ACTIVE/);
        });

        test('lie', () => {
            const list = (fault) => ask(fault, ['-O', '--type', 'cert']);
            assert.equal(list('none').status, 0);
            assert.match(list('lie').stderr, /out of memory/);
        });

        test('a misspelt fault is refused', () => {
            assert.match(ask('chrash', ['-L']).stderr, /no fault is called "chrash"/);
        });
    });

describe('the PIV card',
    { skip: missing || skipWithout('pkcs11-tool', pivcard) }, () => {
        const opensc = ['pkcs11-tool', '--module', 'opensc-pkcs11.so'];
        const quote = (words) => words.map((word) => `'${word}'`).join(' ');

        /* Runs shell lines beside the card; resolves with what they and the card said. */
        function withCard(t, options, person, ...lines) {
            const script = ['set -e', ...lines, 'cat "$HUFU_CARD_LOG"'].join('\n');
            const result = run(join(tests, 'cards', 'with-pcscd'),
                [join(tests, 'cards', 'with-card'), pivcard, ...options, citizens(person), '--',
                    'sh', '-c', script]);
            if (result.status === 77) {
                t.skip(result.stderr.trim());
                return undefined;
            }
            assert.equal(result.status, 0, result.stderr);
            return result.stdout;
        }

        const sign = (id, ...mechanism) => quote(
            [...opensc, ...signArguments(0, id, ...mechanism)]);

        for (const [person, ...mechanism] of [
            ['citizen', 'SHA256-RSA-PKCS'],
            ['ec', 'ECDSA-SHA256', '--signature-format', 'openssl'],
        ]) {
            test(`${person} signs after one PIN, and with 9C after one each time`, (t) => {
                const said = withCard(t, [], person, sign('01', ...mechanism));
                if (said === undefined) {
                    return;
                }
                assert.match(said, /PIN right, tries left: 3\nkey 9A used\n/);
                assertSignature(person, ...signed());
                assert.match(withCard(t, ['-s'], person, sign('02', ...mechanism)),
                    /(PIN right, tries left: 3\n){2,}key 9C used\n/);
                assertSignature(person, ...signed());
            });
        }

        test('three wrong PINs lock it', (t) => {
            const wrong = `${quote([...opensc, '--login', '--pin', '654321', '-O'])} 2>&1 || true`;
            const said = withCard(t, [], 'citizen', wrong, wrong, wrong, quote([...opensc, '-L']),
                `${sign('01', 'SHA256-RSA-PKCS')} 2>&1 || true`);
            if (said === undefined) {
                return;
            }
            assert.match(said, /CKR_PIN_INCORRECT[^]*CKR_PIN_INCORRECT[^]*CKR_PIN_LOCKED/);
            assert.match(said, /user PIN locked/);
            assert.match(said, /left: 2\n[^]*left: 1\n[^]*left: 0\n/);
            assert.doesNotMatch(said, /used/);
        });

        test('the reader sees the card go, even in the middle of a signature', (t) => {
            const count = `${quote([...opensc, '-L'])} | grep -c 'token label' || true`;
            const said = withCard(t, [], 'citizen', 'echo out >"$HUFU_CARD"', 'sleep 1', count,
                'echo in >"$HUFU_CARD"', 'sleep 1', count, 'echo drop >"$HUFU_CARD"', 'sleep 0.2',
                `${sign('01', 'SHA256-RSA-PKCS')} && exit 1`);
            if (said === undefined) {
                return;
            }
            assert.match(said, /^0\n1\nin\nout\nin\n(PIN right, tries left: 3\n)+out\n$/);
        });
    });

describe('the sandbox without its daemon',
    { skip: missing || skipWithout('softhsm2-util', 'pkcs11-tool') }, () => {
        const script = (name) => join(tests, 'sandbox', name);

        test('up makes a home with cards, down leaves nothing', () => {
            const place = inFolder('a sandbox');
            succeed(script('up'), [place, '--cards', 'second empty', '--no-daemon']);
            const shown = succeed('bash',
                ['-c', '. "$1"; pkcs11-tool --module "$2" -L; echo "$HUFU_PORT $HUFU_PIN"', 'bash',
                    join(place, 'env'), softhsm]);
            assert.equal(shown.match(/token label/g).length, 2);
            assert.match(shown, /\n(2\d|3[01])\d{3} 123456\n$/);
            assert.notEqual(run(script('up'), [place, '--no-daemon']).status, 0);
            succeed(script('down'), [place]);
            assert.ok(!existsSync(place));
        });

        test('the module, and what it does wrong, are in place before hufud starts', () => {
            const place = inFolder('faulty');
            succeed(script('up'), [place, '--no-daemon', '--module', softhsm, '--fault', 'hang']);
            const read = (name) => readFileSync(join(place, 'home', '.config', name), 'utf8');
            assert.equal(read('pkcs11/modules/card.module'), `module: ${realpathSync(softhsm)}\n`);
            assert.equal(read('hufu-test/fault'), 'hang\n');
            succeed(script('down'), [place]);
        });

        test('down touches only a sandbox', () => {
            mkdirSync(inFolder('other', 'home'), { recursive: true });
            assert.equal(run(script('down'), [inFolder('other')]).status, 1);
            assert.ok(existsSync(inFolder('other', 'home')));
        });
    });

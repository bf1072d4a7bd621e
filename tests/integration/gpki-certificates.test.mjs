/* The GPKI functions that read certificates, messages and texts. What comes out is judged by
 * openssl, certtool, iconv, base64 and pkcs11-tool. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { faces, formBody, readAnswer } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const part = { CN: 0x10000, O: 0x40000, OU: 0x80000 };
const usage = { sign: 0x80, dataEncipherment: 0x10 };
const holders = ['citizen', 'second', 'ec', 'p384', 'rsa4096', 'secondary', 'bmp', 'big5', 'company',
    'agency', 'organisation', 'health'];
const gpki = '2.16.886.1.100';

const run = (program, args, options) => execFileSync(program, args,
    { stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 25, ...options });
const openssl = (...args) => run('openssl', args);
const iconv = (from, to, input) => run('iconv', ['-f', from, '-t', to], { input });

let daemon;
let citizens;

before(async () => {
    if (!skipDaemon('iconv', 'base64')) {
        daemon = await startDaemon({ cards: ['citizen'], pinentry });
        citizens = dirname(daemon.sandbox.hierarchy);
    }
});

after(() => daemon?.stop());

/* What the judges say of a holder is asked once. */
function remembered(judge) {
    const known = new Map();
    return (holder) => known.get(holder) ?? known.set(holder, judge(holder)).get(holder);
}

const fileOf = (holder) => join(citizens, holder.includes('/') ? `${holder}.pem` : `${holder}/sign.pem`);
const derOf = remembered((holder) => openssl('x509', '-in', fileOf(holder), '-outform', 'DER'));
const base64Of = (holder) => derOf(holder).toString('base64');

function fileWith(name, bytes) {
    const path = join(daemon.sandbox.folder, name);
    writeFileSync(path, bytes);
    return path;
}

/* --- judges --- */

/* The extensions in their order, as [openssl's name, hex of the content]. */
const extensionsOf = remembered((holder) => {
    const parsed = `${openssl('asn1parse', '-in', fileOf(holder))}`;
    const list = parsed.slice(parsed.search(/cont \[ 3 \]/));
    return [...list.matchAll(/OBJECT +:(.+)\n(?:.* BOOLEAN .*\n)?.* OCTET STRING +\[HEX DUMP\]:(\S+)/g)]
        .map(([, name, hex]) => [name, hex]);
});

const extensionOids = {
    'X509v3 Key Usage': '2.5.29.15',
    'X509v3 Basic Constraints': '2.5.29.19',
    'X509v3 Subject Key Identifier': '2.5.29.14',
    'X509v3 Authority Key Identifier': '2.5.29.35',
    'X509v3 Certificate Policies': '2.5.29.32',
    'X509v3 CRL Distribution Points': '2.5.29.31',
    'Authority Information Access': '1.3.6.1.5.5.7.1.1',
    'X509v3 Subject Directory Attributes': '2.5.29.9',
};

/* { OID: text } of subjectDirectoryAttributes. */
const attributesOf = remembered((holder) => {
    const [, hex] = extensionsOf(holder).find(([name]) => name.endsWith('Directory Attributes'));
    const parsed = `${openssl('asn1parse', '-inform', 'DER',
        '-in', fileWith('attributes', Buffer.from(hex, 'hex')))}`;
    return Object.fromEntries([...parsed.matchAll(/OBJECT +:(\S+)\n.* SET +\n.*prim: [^:]+:(\S+)/g)]
        .map(([, oid, value]) => [oid, value]));
});

/* The text of the first CN, by its bytes and their type. */
function commonNameOf(holder) {
    const dumped = `${openssl('x509', '-in', fileOf(holder), '-noout', '-subject',
        '-nameopt', 'sep_comma_plus,show_type,dump_all')}`;
    const [, type, hex] = dumped.match(/CN=(\w+):#(\w+)/);
    const codePage = { UTF8STRING: 'UTF-8', BMPSTRING: 'UTF-16BE', T61STRING: 'CP950' }[type];
    return `${iconv(codePage, 'UTF-8', Buffer.from(hex, 'hex'))}`;
}

const signatureOf = remembered((holder) => `${
    openssl('x509', '-in', fileOf(holder), '-noout', '-text')}`.match(/Signature Algorithm: (\S+)/)[1]);

/* --- calls --- */

/* Asserts what a call returns, and the last error after it. */
async function assertCall(page, [name, ...args], result, code = 0) {
    assert.equal(await page.call(name, ...args), result, name);
    assert.equal(await page.lastError(), code, `${name} ${args.slice(1)}`);
}

/* A page without flags: numbers are numbers, texts are plain. */
async function callPlain(page, functionname, ...values) {
    const members = Object.fromEntries(values.map((value, i) => [`argument${i}`, value]));
    const call = { functionname, ...members, ServiSignFunctionIndex: 1, ...page.trailer() };
    return readAnswer(await page.post(formBody(call))).result;
}

/* The page's next call gets a worker that knows no more than the memo. */
const replaceWorker = (page) => daemon.logOf(
    () => process.kill(page.worker, 'SIGKILL'), /worker ended/);

for (const [spelling, face] of Object.entries(faces)) {
    describe(`a certificate, for a ${spelling} page`, { skip: skipDaemon('iconv') }, () => {
        const has = (name) => face.functions.some(([known]) => known === name);
        let page;

        before(async () => {
            page = await daemon.openPage({ face });
        });

        for (const [name, arc] of [
            ['GPKI_GetCertTypeOID', 1], ['GPKI_GetCardHolderRank', 2],
            ['GPKI_GetTailOfCitizenID', 51], ['GPKI_GetOrganizationID', 101],
            ['GPKI_GetEntityOID', 102],
        ]) {
            test(`${name} is what the attribute ${arc} says, else 5050`, async () => {
                const told = [];
                for (const holder of holders) {
                    const value = attributesOf(holder)[`${gpki}.2.${arc}`];
                    told.push(value !== undefined);
                    await assertCall(page, [name, base64Of(holder), 0], value ?? '', value ? 0 : 5050);
                }
                assert.ok(told.includes(true));
            });
        }

        test('GPKI_GetCertType is a number for each kind', async () => {
            const types = { '3.1.1': '1', '3.2.2.1.1': '2', '3.2.1.1': '3', '3.2.99': '4', '3.1.7': '5' };
            const seen = new Set();
            for (const holder of holders) {
                const kind = attributesOf(holder)[`${gpki}.2.1`].slice(gpki.length + 1);
                seen.add(kind);
                await assertCall(page, ['GPKI_GetCertType', base64Of(holder), 0], types[kind]);
            }
            assert.deepEqual([...seen].sort(), Object.keys(types).sort());
            await assertCall(page, ['GPKI_GetCertType', base64Of('ca/root'), 0], '0', 5050);
        });

        test('names in every type of string', async () => {
            for (const holder of ['citizen', 'second', 'bmp', 'big5', 'health']) {
                const name = commonNameOf(holder);
                await assertCall(page, ['CAPICertGetSubject', base64Of(holder), part.CN], name);
            }
            assert.equal(commonNameOf('big5'), '許功蓋');
            await assertCall(page, ['CAPICertGetSubject', base64Of('company'), 0],
                'C=TW\nO=測試股份有限公司\nserialNumber=00000000');
            await assertCall(page, ['CAPICertGetIssuer', base64Of('organisation'), part.CN],
                '組織及團體憑證管理中心測試');
            await assertCall(page, ['CAPICertGetIssuer', base64Of('organisation'), part.OU], '');
        });

        test('names are those that certtool reads', { skip: skipWithout('certtool') }, async () => {
            for (const holder of ['citizen', 'bmp', 'company', 'agency']) {
                const [, line] = `${run('certtool', ['--certificate-info', '--infile', fileOf(holder)])}`
                    .match(/^\tSubject: (.*)$/m);
                const told = await page.call('CAPICertGetSubject', base64Of(holder), 0);
                assert.deepEqual(told.split('\n').map((text) => text.replace(/^.*?=/, '')).sort(),
                    line.split(',').map((text) => text.replace(/^.*?=/, '')).sort());
            }
        });

        test('CryptCertGetExtension lists all', async () => {
            for (const holder of [...holders, 'ca/root', 'ca/moeaca']) {
                const lines = extensionsOf(holder).map(([name, hex]) => (
                    `${extensionOids[name]}=${Buffer.from(hex, 'hex').toString('base64')}`));
                assert.ok(lines.length > 2 && !lines.some((line) => line.startsWith('undefined')));
                await assertCall(page, ['CryptCertGetExtension', base64Of(holder), 0], lines.join('\n'));
            }
        });

        test('CryptCertGetSignatureAlgorithm', async () => {
            const names = new Set();
            for (const holder of holders) {
                names.add(signatureOf(holder));
                for (const args of [[], [0], [0, 0], [0, 1]]) {
                    await assertCall(page, ['CryptCertGetSignatureAlgorithm', base64Of(holder), ...args],
                        signatureOf(holder));
                }
            }
            assert.deepEqual([...names].sort(), ['ecdsa-with-SHA256', 'sha256WithRSAEncryption']);
        });

        if (has('GPKI_CertGetSubjectDirectoryAttrs')) {
            test('GPKI_CertGetSubjectDirectoryAttrs', async () => {
                const ask = (holder, oid) => ['GPKI_CertGetSubjectDirectoryAttrs', base64Of(holder), oid, 0];
                for (const holder of holders) {
                    for (const [oid, value] of Object.entries(attributesOf(holder))) {
                        await assertCall(page, ask(holder, oid), value);
                    }
                    await assertCall(page, ask(holder, `${gpki}.2.202`), '', 5050);
                }
                for (const oid of ['', 'undefined', 'null', 'CN', '1', '1.2.', '3.1', '-1', '1.2 ',
                    '*', `1.2${'.3'.repeat(5000)}`]) {
                    await assertCall(page, ask('citizen', oid), '', 5005);
                }
                await assertCall(page, ['GPKI_CertGetSubjectDirectoryAttrs', base64Of('citizen')], '', 5005);
            });
        }

        test('plain arguments, and numbers as numbers', async () => {
            const text = base64Of('company');
            for (const [call, expected] of [
                [['GPKI_GetOrganizationID', text, 0], '00000000'],
                [['GPKI_GetOrganizationID', text, '0'], '00000000'],
                [['GPKI_GetOrganizationID', text], '00000000'],
                [['GPKI_GetCertType', text, 0], '2'],
                [['CryptCertGetSignatureAlgorithm', text, 0, 0], 'ecdsa-with-SHA256'],
                [['GPKI_CertGetSubjectDirectoryAttrs', text, `${gpki}.2.101`, 0], '00000000'],
                [['GPKI_Base64Encode', '登入', 950], 'tW6kSg=='],
                [['GPKI_Base64Decode', 'tW6kSg==', '950'], '登入'],
            ]) {
                assert.equal(await callPlain(page, ...call), expected);
                assert.equal(await page.lastError(), 0);
            }
        });

        const readers = ['CAPICertGetSerialNumber', 'CAPICertGetSubject', 'CAPICertGetIssuer',
            'CAPICertGetPublicKey', 'CAPICertGetNotBefore', 'CAPICertGetNotAfter',
            'CAPICertGetVersion', 'GPKI_GetTailOfCitizenID', 'GPKI_GetCertType',
            'GPKI_GetOrganizationID', 'GPKI_GetCardHolderRank', 'GPKI_GetCertTypeOID',
            'GPKI_GetEntityOID', 'CryptCertGetExtension', 'CryptCertGetSignatureAlgorithm'];

        for (const name of readers) {
            test(`${name} of what is no certificate is 5040`, async () => {
                const failed = name === 'GPKI_GetCertType' ? '0' : '';
                const text = base64Of('citizen');
                const rows = ['', 'undefined', 'null', 'not base64!', 'AAAA', text.slice(0, 400),
                    `${text}AAAA`, `${text}-`, text.slice(0, -1), '登入', 'A'.repeat(40_000),
                    Buffer.concat([derOf('citizen'), Buffer.of(0)]).toString('base64'),
                    `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`];
                for (const row of rows) {
                    await assertCall(page, [name, row, 0], failed, 5040);
                }
                await assertCall(page, [name], failed, 5040);
                await assertCall(page, [name, text, 'x'], failed, 5005);
                for (const value of [7, true, null, -1.5]) {
                    assert.equal(await callPlain(page, name, value, 0), failed);
                    assert.equal(await page.lastError(), 5040);
                }
            });
        }

        test('an argument of another kind is an unreadable request', async () => {
            for (const value of [['x'], { x: 'y' }]) {
                assert.equal(await callPlain(page, 'CAPICertGetSubject', value, 0), '61005');
            }
        });
    });
}

describe('CryptSignatureGetAlgorithm', { skip: skipDaemon() }, () => {
    let page;

    before(async () => {
        page = await daemon.openCardPage();
    });

    const ask = (message, ...args) => [
        'CryptSignatureGetAlgorithm', Buffer.from(message).toString('base64'), ...args];

    /* A message by openssl; its signers are in the order of the message. */
    function sign(people, ...options) {
        const signers = people.flatMap((person) => ['-signer', fileOf(person),
            '-inkey', join(citizens, person, 'sign.key')]);
        const out = join(daemon.sandbox.folder, 'message');
        openssl('cms', '-sign', '-binary', '-outform', 'DER', '-nodetach', ...signers, ...options,
            '-in', fileWith('content', 'signed'), '-out', out);
        return readFileSync(out);
    }

    const joined = {
        'sha1 rsaEncryption': 'sha1WithRSAEncryption',
        'sha256 rsaEncryption': 'sha256WithRSAEncryption',
        'sha384 rsaEncryption': 'sha384WithRSAEncryption',
        'sha512 rsaEncryption': 'sha512WithRSAEncryption',
    };

    /* What openssl says of each signer, key and hash as one name. */
    function judge(message) {
        const printed = `${openssl('cms', '-cmsout', '-print', '-noout', '-inform', 'DER',
            '-in', fileWith('judged', message))}`;
        return [...printed.slice(printed.indexOf('signerInfos:')).matchAll(
            /digestAlgorithm: *\n *algorithm: (\S+)[^]*?signatureAlgorithm: *\n *algorithm: (\S+)/g)]
            .map(([, hash, key]) => joined[`${hash} ${key}`] ?? key);
    }

    test('of each signer', async () => {
        for (const [expected, ...args] of [
            [['sha256WithRSAEncryption'], ['citizen'], '-md', 'sha256'],
            [['sha512WithRSAEncryption'], ['rsa4096'], '-md', 'sha512'],
            [['sha256WithRSAEncryption'], ['citizen'], '-md', 'sha256', '-stream'],
            [['rsassaPss'], ['citizen'], '-keyopt', 'rsa_padding_mode:pss'],
            [['ecdsa-with-SHA384'], ['p384'], '-md', 'sha384'],
            [['ecdsa-with-SHA256', 'sha256WithRSAEncryption'], ['citizen', 'ec'], '-md', 'sha256'],
        ]) {
            const message = sign(...args);
            assert.deepEqual(judge(message), expected);
            for (const [index, name] of expected.entries()) {
                await assertCall(page, ask(message, 0, index), name);
            }
            await assertCall(page, ask(message), expected[0]);
            await assertCall(page, ask(message, 0, expected.length), '', 5053);
        }
    });

    for (const [number, hash] of [[2, 'sha1'], [4, 'sha256'], [5, 'sha384'], [6, 'sha512']]) {
        test(`of a message that hufu signed with ${hash}`, async () => {
            const message = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, number);
            assert.deepEqual(judge(Buffer.from(message, 'base64')), [`${hash}WithRSAEncryption`]);
            await assertCall(page, ['CryptSignatureGetAlgorithm', message, 0, 0],
                `${hash}WithRSAEncryption`);
            await assertCall(page, ['CryptSignatureGetAlgorithm', message.replace(/.{76}/g, '$&\r\n'), 0, 0],
                `${hash}WithRSAEncryption`);
        });
    }

    test('of what is no signed message', async () => {
        const message = sign(['ec']);
        openssl('cms', '-encrypt', '-binary', '-outform', 'DER', '-in', fileWith('content', 'x'),
            '-out', join(daemon.sandbox.folder, 'sealed'), join(citizens, 'citizen/keyx.pem'));
        for (const [bytes, code] of [
            ['', 5042], [derOf('citizen'), 5042], [message.subarray(0, -1), 5042],
            [Buffer.concat([message, Buffer.of(0)]), 5042],
            [readFileSync(join(daemon.sandbox.folder, 'sealed')), 5042],
            [Buffer.alloc(100_000, 0x30), 5042], [Buffer.alloc(100_000, '\x30\x80', 'latin1'), 5042],
        ]) {
            await assertCall(page, ask(bytes, 0, 0), '', code);
        }
        for (const [text, ...args] of [['x!', 0, 0], ['AAA', 0, 0], ['undefined!']]) {
            await assertCall(page, ['CryptSignatureGetAlgorithm', text, ...args], '', 5008);
        }
        for (const args of [[0, 'x'], ['x', 0], [0, '-1'], [0, '99999999999']]) {
            await assertCall(page, ask(message, ...args), '', 5005);
        }
        await assertCall(page, ask(message, 0, '4294967296'), '', 5053);
    });
});

describe('texts', { skip: skipDaemon('iconv', 'base64') }, () => {
    const texts = ['', 'A1234\r\n', '登入挑戰 42', '許功蓋', '碁銹裏', '公文\t一份\n'];
    const codePages = {
        MS950: 'CP950', CP950: 'CP950', 950: 'CP950', big5: 'BIG5', 'UTF-8': 'UTF-8', 65001: 'UTF-8',
    };
    let page;

    before(async () => {
        page = await daemon.openCardPage();
    });

    const base64 = (input) => `${run('base64', ['-w', '0'], { input })}`;

    test('GPKI_Base64Encode and GPKI_Base64Decode', async () => {
        for (const text of texts) {
            for (const [name, known] of Object.entries(codePages)) {
                if (known === 'BIG5' && text === '碁銹裏') {
                    continue; /* Microsoft's addition, of which iconv's BIG5 knows less */
                }
                const encoded = base64(iconv('UTF-8', known, text));
                await assertCall(page, ['GPKI_Base64Encode', text, name], encoded);
                await assertCall(page, ['GPKI_Base64Decode', encoded, name], text);
            }
        }
        const lines = `${run('base64', ['-w', '8'], { input: iconv('UTF-8', 'CP950', texts[2]) })}`;
        await assertCall(page, ['GPKI_Base64Decode', lines, 'MS950'], texts[2]);
    });

    test('a large text', async () => {
        const text = '公文一份\r\n'.repeat(100_000);
        const encoded = await page.call('GPKI_Base64Encode', text, 'MS950');
        assert.equal(encoded, base64(iconv('UTF-8', 'CP950', text)));
        assert.equal(await page.call('GPKI_Base64Decode', encoded, 'MS950'), text);
    });

    test('what is no text, no base64, no code page', async () => {
        for (const [call, code] of [
            [['GPKI_Base64Encode'], 5005], [['GPKI_Base64Encode', 'x', 'GBK'], 5005],
            [['GPKI_Base64Encode', 'x', 'MS950//TRANSLIT'], 5005],
            [['GPKI_Base64Encode', '𠮷', 'MS950'], 5901], [['GPKI_Base64Encode', '한', 'MS950'], 5901],
            [['GPKI_Base64Encode', 'x', '', ''], 5005],
            [['GPKI_Base64Decode'], 5005], [['GPKI_Base64Decode', 'eA==', 'GBK'], 5005],
            [['GPKI_Base64Decode', 'x!', ''], 5008], [['GPKI_Base64Decode', 'eA', ''], 5008],
            [['GPKI_Base64Decode', 'eA==eA==', ''], 5008],
            [['GPKI_Base64Decode', 'eHh=', ''], 5008], [['GPKI_Base64Decode', '登入', ''], 5008],
            [['GPKI_Base64Decode', '/w==', ''], 5901], [['GPKI_Base64Decode', 'tQ==', 'MS950'], 5901],
            [['GPKI_Base64Decode', 'YQBi', ''], 5901],
        ]) {
            await assertCall(page, call, '', code);
        }
    });

    test('SetCodePage is the default of one session, and outlives its worker', async () => {
        const other = await daemon.openPage();
        const big5 = base64(iconv('UTF-8', 'CP950', '登入'));
        const utf8 = base64('登入');
        await assertCall(page, ['GPKI_Base64Encode', '登入', ''], utf8);
        await assertCall(page, ['SetCodePage', 'ms950'], '0');
        await assertCall(page, ['GPKI_Base64Encode', '登入', ''], big5);
        await assertCall(page, ['GPKI_Base64Encode', '登入', 'UTF-8'], utf8);
        await assertCall(other, ['GPKI_Base64Encode', '登入', ''], utf8);
        for (const [name, ...args] of [['SetCodePage', 'GBK'], ['SetCodePage'],
            ['SetCodePage', 'x'.repeat(10_000)]]) {
            await assertCall(page, [name, ...args], '5005', 5005);
        }
        await replaceWorker(page);
        await assertCall(page, ['GPKI_Base64Encode', '登入', ''], big5);
        await assertCall(page, ['GPKI_Base64Decode', big5], '登入');
        const signed = await page.call('GPKI_SignData', daemon.pin, '登入', '', 0, 4);
        const content = openssl('cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any',
            '-CAfile', daemon.sandbox.hierarchy,
            '-in', fileWith('signed', Buffer.from(signed, 'base64')));
        assert.deepEqual(content, iconv('UTF-8', 'CP950', '登入'));
        assert.equal(await callPlain(page, 'SetCodePage', 65001), '0');
        await assertCall(page, ['GPKI_Base64Encode', '登入', ''], utf8);
        await assertCall(page, ['SetCodePage', '950'], '0');
        await assertCall(page, ['SetCodePage', ''], '0');
        await assertCall(page, ['GPKI_Base64Encode', '登入', ''], utf8);
    });

    /* What the window says, without line breaks, and the rest of what it is made of. */
    async function descriptionNow() {
        const windows = new Windows(daemon);
        const answer = page.call('GPKI_VerifyPIN', '', 0);
        const { SETDESC: description, ...others } = windows.textsOf(await windows.one());
        await windows.type(daemon.pin);
        assert.equal(await answer, '0');
        return { description, others: Object.values(others).join() };
    }

    test('SetDialogString is quoted, as words of the page', async () => {
        const words = '請輸入提款卡密碼';
        for (const args of [[], [1, 2, words], ['x', 'y'.repeat(10_000), words]]) {
            await assertCall(page, ['SetDialogString', ...args], '0');
        }
        await assertCall(page, ['SetDialogString', 1, 2, words, 3], '5005', 5005);
        await assertCall(page, ['SetDialogString', 1, 2, 'w'.repeat(241)], '5005', 5005);
        const { description, others } = await descriptionNow();
        assert.match(description, new RegExp(`: ?「${words}」|：「${words}」`));
        assert.ok(!others.includes(words));
        await assertCall(page, ['SetDialogString', 1, 2, ''], '0');
        assert.ok(!(await descriptionNow()).description.includes('「'));
    });

    test('SetDialogString cannot look like words of hufu', async () => {
        await assertCall(page, ['SetDialogString', 1, 2, '」\nCard: 「\u202Ex\u0007'], '0');
        const { description } = await descriptionNow();
        assert.equal(description.split('「').length, 2);
        assert.equal(description.split('」').length, 2);
        assert.doesNotMatch(description, /^Card: [「『]/m);
        assert.doesNotMatch(description, /[\u202E\u0007]/);
        await assertCall(page, ['SetDialogString', 1, 2, ''], '0');
    });
});

describe('the card', { skip: skipDaemon() }, () => {
    let page;

    before(async () => {
        page = await daemon.openCardPage();
    });

    test('GPKI_GetSerialNumber is the number of the token', async () => {
        const shown = `${run('pkcs11-tool', ['--module',
            process.env.HUFU_SOFTHSM ?? '/usr/lib/softhsm/libsofthsm2.so', '--list-token-slots'],
        { env: { ...process.env, HOME: daemon.sandbox.home } })}`;
        await assertCall(page, ['GPKI_GetSerialNumber'], shown.match(/serial num *: (\S+)/)[1]);
        await assertCall(page, ['GPKI_GetSerialNumber', 0], '', 5005);
    });

    test('GPKI_GetAttributeCert: there is none, and no PIN is tried', async () => {
        for (const args of [['', '', 0], ['SoftHSM slot ID 0x0', '654321', 0], ['../x', '1', '0'], []]) {
            await assertCall(page, ['GPKI_GetAttributeCert', ...args], '', 5010);
        }
        await assertCall(page, ['GPKI_GetAttributeCert', '', '', 'x'], '', 5005);
        await assertCall(page, ['GPKI_GetErrorPINCount'], '3');
    });

    test('GPKI_GetCachedCert is the certificate used last, and outlives its worker', async () => {
        await assertCall(page, ['GPKI_GetCachedCert'], '', 5010);
        await page.call('GPKI_EnumCerts', usage.dataEncipherment);
        const keyx = openssl('x509', '-in', join(citizens, 'citizen/keyx.pem'), '-outform', 'DER');
        await assertCall(page, ['GPKI_GetCachedCert'], keyx.toString('base64'));
        await assertCall(page, ['GPKI_EnumCerts', 0x04], '', 5010);
        await replaceWorker(page);
        await assertCall(page, ['GPKI_GetCachedCert'], keyx.toString('base64'));
        await assertCall(page, ['GPKI_GetCachedCert', 0], '', 5005);
    });

    test('nothing of it all is in the log', () => {
        const log = daemon.log.join('\n');
        for (const secret of ['許功蓋', '王測試', '登入', '9000000000000001', `${gpki}.2`, 'tW6kSg==',
            base64Of('citizen').slice(0, 40), '提款卡']) {
            assert.ok(!log.includes(secret), secret);
        }
        assert.match(log, /function=GPKI_GetOrganizationID code=0 /);
    });
});

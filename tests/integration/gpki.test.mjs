/* The GPKI component with cards of all kinds. What comes out is judged by openssl and iconv. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { faces } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const flag = {
    checkValidity: 0x10, noCertificate: 0x100, chain: 0x200, base64: 0x2000, detached: 0x4000,
    doHash: 0x10000, noHashOid: 0x20000, hex: 0x1000000,
};
const part = {
    CN: 0x10000, email: 0x20000, O: 0x40000, OU: 0x80000, C: 0x100000, serial: 0x200000,
};
const usage = { sign: 0x80, nonRepudiation: 0x40, keyEncipherment: 0x20, dataEncipherment: 0x10 };
const hashes = ['sha1', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const challenge = '登入挑戰 42';

const iconv = (codePage, text) => execFileSync('iconv', ['-f', 'UTF-8', '-t', codePage],
    { input: text });
const openssl = (...args) => execFileSync('openssl', args,
    { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 25 });

/* A sandbox for the tests of one `describe`, and its judges. */
class Cards {
    constructor(cards) {
        before(async () => {
            this.daemon = await startDaemon({ cards, pinentry });
            this.windows = new Windows(this.daemon);
            this.hierarchy = this.daemon.sandbox.hierarchy;
            this.pin = this.daemon.pin;
        });
        after(() => this.daemon?.stop());
    }

    openPage(options) {
        return this.daemon.openCardPage(options);
    }

    certificateFile(person, use = 'sign') {
        return join(dirname(this.hierarchy), person, `${use}.pem`);
    }

    certificate(person, use) {
        return new X509Certificate(readFileSync(this.certificateFile(person, use)));
    }

    base64(person, use) {
        return this.certificate(person, use).raw.toString('base64');
    }

    /* Writes a file that openssl is to read. */
    file(name, bytes) {
        const path = join(this.daemon.sandbox.folder, name);
        writeFileSync(path, bytes);
        return path;
    }

    /* The content of a PKCS#7, which openssl has verified; more: further options of openssl. */
    verify(der, ...more) {
        return openssl('cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any',
            '-CAfile', this.hierarchy, '-in', this.file('signed.p7s', der), ...more);
    }

    print(der) {
        return `${openssl('cms', '-cmsout', '-print', '-noout', '-inform', 'DER',
            '-in', this.file('signed.p7s', der))}`;
    }

    publicKeyFile(person) {
        return this.file(`${person}.pub`, openssl('x509', '-noout', '-pubkey',
            '-in', this.certificateFile(person)));
    }

    verifyBare(person, hash, data, signature) {
        const said = openssl('dgst', `-${hash}`, '-verify', this.publicKeyFile(person),
            '-signature', this.file('signature', signature), this.file('data', data));
        assert.equal(`${said}`, 'Verified OK\n');
    }
}

/* Asserts what a call returns, and the last error after it. */
async function assertCall(page, [name, ...args], result, code = 0) {
    assert.equal(await page.call(name, ...args), result);
    assert.equal(await page.lastError(), code);
}

async function succeed(page, name, ...args) {
    const result = await page.call(name, ...args);
    assert.equal(await page.lastError(), 0);
    return result;
}

const taiwanTime = (text) => new Date(Date.parse(text) + 8 * 3600_000).toISOString()
    .replace(/\D/g, '').slice(0, 14).concat('+0800');

for (const [spelling, face] of Object.entries(faces)) {
    describe(`the functions of a ${spelling} page`, { skip: skipDaemon('iconv') }, () => {
        const cards = new Cards('citizen');
        let page;

        before(async () => {
            page = await cards.openPage({ face });
        });

        test('GPKI_DetectCard, GPKI_GetSlotCount, GPKI_SetReaderSlot, GetVersion', async () => {
            await assertCall(page, ['GPKI_DetectCard', 0], '1');
            await assertCall(page, ['GPKI_GetSlotCount'], '1');
            await assertCall(page, ['GPKI_SetReaderSlot', 0, 0], '0');
            await assertCall(page, ['GetVersion', ...spelling === 'mac' ? [] : [0]], '1.0.26.0625');
        });

        test('GPKI_EnumCerts by key usage, those that sign first', async () => {
            const [sign, keyx] = [cards.base64('citizen'), cards.base64('citizen', 'keyx')];
            await assertCall(page, ['GPKI_EnumCerts', 0], `${sign};${keyx};`);
            await assertCall(page, ['GPKI_EnumCerts', usage.sign], `${sign};`);
            await assertCall(page, ['GPKI_EnumCerts', usage.keyEncipherment], `${keyx};`);
            await assertCall(page, ['GPKI_EnumCerts', usage.dataEncipherment], `${keyx};`);
            await assertCall(page, ['GPKI_EnumCerts', usage.sign | usage.dataEncipherment],
                `${sign};${keyx};`);
            await assertCall(page, ['GPKI_EnumCerts', usage.nonRepudiation], '', 5010);
            await assertCall(page, ['GPKI_EnumCerts', 0x04], '', 5010); /* CAs are nobody's */
        });

        test('what a certificate says', async () => {
            const certificate = cards.certificate('citizen');
            const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
            const text = cards.base64('citizen');
            for (const [[name, flags = 0], expected] of [
                [['CAPICertGetSerialNumber'], certificate.serialNumber],
                [['CAPICertGetSubject'], 'C=TW\nCN=王測試\nserialNumber=9000000000000001'],
                [['CAPICertGetSubject', part.CN], '王測試'],
                [['CAPICertGetSubject', part.C], 'TW'],
                [['CAPICertGetSubject', part.serial], '9000000000000001'],
                [['CAPICertGetSubject', part.O], ''],
                [['CAPICertGetSubject', part.email], ''],
                [['CAPICertGetIssuer'], 'C=TW\nO=行政院測試\nOU=內政部憑證管理中心測試'],
                [['CAPICertGetIssuer', part.O], '行政院測試'],
                [['CAPICertGetIssuer', part.OU], '內政部憑證管理中心測試'],
                [['CAPICertGetNotBefore'], taiwanTime(certificate.validFrom)],
                [['CAPICertGetNotAfter'], taiwanTime(certificate.validTo)],
                [['CAPICertGetVersion'], '3'],
                [['CAPICertGetPublicKey'], publicKey.toString('base64')],
                [['GPKI_GetTailOfCitizenID'], '1234'],
            ]) {
                await assertCall(page, [name, text, flags], expected);
            }
        });

        test('what is wrong with a certificate', async () => {
            const text = cards.base64('citizen');
            await assertCall(page, ['CAPICertGetSubject', text, 7], '', 5005);
            await assertCall(page, ['CAPICertGetSubject', text.slice(0, 400), 0], '', 5040);
            await assertCall(page, ['CAPICertGetSubject', `${text}AAAA`, 0], '', 5040);
            await assertCall(page, ['GPKI_GetTailOfCitizenID',
                readFileSync(join(dirname(cards.hierarchy), 'ca/root.der')).toString('base64'), 0],
            '', 5050);
        });

        test('a certificate comes back with line breaks in it', async () => {
            const text = cards.base64('citizen').replace(/.{64}/g, '$&\r\n');
            await assertCall(page, ['GPKI_GetTailOfCitizenID', text, 0], '1234');
        });

        test('GPKI_GetCachedCert is the certificate used last', async () => {
            const fresh = await cards.openPage({ face });
            await assertCall(fresh, ['GPKI_GetCachedCert'], '', 5010);
            await succeed(fresh, 'GPKI_EnumCerts', usage.dataEncipherment);
            await assertCall(fresh, ['GPKI_GetCachedCert'], cards.base64('citizen', 'keyx'));
            await succeed(fresh, 'GPKI_SignData', cards.pin, 'x', '', 0, 4);
            await assertCall(fresh, ['GPKI_GetCachedCert'], cards.base64('citizen'));
        });

        test('GPKI_SignData signs a text in Big5, as banks ask for it', async () => {
            const signed = await succeed(
                page, 'GPKI_SignData', cards.pin, challenge, 'MS950', 0, 4);
            const result = await assertSigned(signed, cards.hierarchy, iconv('CP950', challenge));
            assert.equal(result.algorithm, 'RSA 2048, SHA-256');
            assert.match(result.signer, /CN=王測試/);
            assert.ok(Math.abs(Date.now() - Date.parse(result.time)) < 60_000, result.time);
        });

        test('GPKI_PureSign signs the text alone', async () => {
            const signed = await succeed(
                page, 'GPKI_PureSign', cards.pin, challenge, 'MS950', 0, 4);
            cards.verifyBare('citizen', 'sha256', iconv('CP950', challenge),
                Buffer.from(signed, 'base64'));
        });

        /* Asserts a call in which the person is asked, and types `pin`. */
        async function assertAsked(pin, ...expected) {
            const answer = assertCall(page, ...expected);
            await cards.windows.type(pin);
            await answer;
        }

        test('wrong PINs', async () => {
            await assertCall(page, ['GPKI_GetErrorPINCount'], '3');
            await assertCall(page, ['GPKI_VerifyPIN', '123', 0], '9041', 9041);
            await assertCall(page, ['GPKI_PureSign', '123', 'x', '', 0, 4], '', 9041);
            await assertCall(page, ['GPKI_VerifyPIN', '654321', 0], '9039', 9039);
            await assertCall(page, ['GPKI_GetErrorPINCount'], '2');
            await assertAsked('654321', ['GPKI_SignData', cards.pin, 'x', '', 0, 4], '', 9039);
            await assertAsked('123', ['GPKI_VerifyPIN', cards.pin, 0], '9041', 9041);
            await assertAsked(cards.pin, ['GPKI_VerifyPIN', '', 0], '0');
            await assertCall(page, ['GPKI_GetErrorPINCount'], '3');
            await succeed(page, 'GPKI_SignData', cards.pin, 'x', '', 0, 4);
        });
    });
}

describe('GPKI_SignData and GPKI_PureSign', { skip: skipDaemon('iconv') }, () => {
    const cards = new Cards('citizen');
    let page;

    before(async () => {
        page = await cards.openPage();
    });

    const sign = (text, codePage, flags = 0, hash = 4, name = 'GPKI_SignData') => succeed(
        page, name, cards.pin, text, codePage, flags, hash);
    const signDer = async (...args) => Buffer.from(await sign(...args), 'base64');

    hashes.forEach((hash, number) => {
        test(`hash ${number} is ${hash}`, async () => {
            const der = await signDer('x', '', 0, number);
            assert.equal(`${cards.verify(der)}`, 'x');
            assert.match(cards.print(der), new RegExp(`digestAlgorithm: \\n *algorithm: ${hash} `));
            const bare = await signDer('x', '', 0, number, 'GPKI_PureSign');
            cards.verifyBare('citizen', hash, 'x', bare);
        });
    });

    for (const [codePage, known] of [
        ['MS950', 'CP950'], ['ms950', 'CP950'], ['CP950', 'CP950'], ['950', 'CP950'],
        ['Big5', 'BIG5'], ['UTF-8', 'UTF-8'], ['utf8', 'UTF-8'], ['65001', 'UTF-8'],
        ['', 'UTF-8'], ['undefined', 'UTF-8'],
    ]) {
        test(`code page "${codePage}" gives the bytes of ${known}`, async () => {
            const content = cards.verify(await signDer(challenge, codePage));
            assert.deepEqual(content, iconv(known, challenge));
        });
    }

    test('a character that the code page lacks is 5901', async () => {
        for (const name of ['GPKI_SignData', 'GPKI_PureSign']) {
            await assertCall(page, [name, cards.pin, '陳𠮷堃', 'MS950', 0, 4], '', 5901);
            await assertCall(page, [name, cards.pin, '한', 'BIG5', 0, 4], '', 5901);
        }
        assert.equal(`${cards.verify(await signDer('陳𠮷堃', 'UTF-8'))}`, '陳𠮷堃');
    });

    test('nothing can be signed, and line ends stay as they are', async () => {
        for (const text of ['', '\r\n', 'a\nb\r\nc\r', 'Content-Type: text/plain\n\n']) {
            assert.equal(`${cards.verify(await signDer(text, 'MS950'))}`, text);
        }
    });

    test('a detached signature needs its content', async () => {
        const der = await signDer(challenge, 'MS950', flag.detached);
        const content = cards.file('content', iconv('CP950', challenge));
        assert.deepEqual(cards.verify(der, '-content', content), iconv('CP950', challenge));
        assert.ok(!der.includes(iconv('CP950', challenge)));
        assert.throws(() => cards.verify(der, '-content', cards.file('other', 'x')));
    });

    test('without a certificate it is verified with the card\'s', async () => {
        const der = await signDer('x', '', flag.noCertificate);
        assert.throws(() => cards.verify(der), /signer certificate not found/);
        assert.equal(`${cards.verify(der, '-certfile', cards.certificateFile('citizen'))}`, 'x');
    });

    test('the whole chain is enclosed on demand', async () => {
        const count = (der) => cards.print(der).match(/cert_info:/g)?.length ?? 0;
        const root = join(dirname(cards.hierarchy), 'ca/root.pem');
        assert.equal(count(await signDer('x', '')), 1);
        const der = await signDer('x', '', flag.chain);
        assert.equal(count(der), 3);
        assert.equal(`${cards.verify(der, '-CAfile', root)}`, 'x');
    });

    test('base64 data is decoded, a hexadecimal result is encoded', async () => {
        const bytes = Buffer.from([0, 1, 2, 0xff, 0x0a]);
        const hex = await sign(bytes.toString('base64'), 'MS950', flag.base64 | flag.hex);
        assert.match(hex, /^(?:[0-9a-f]{2})+$/i);
        assert.deepEqual(cards.verify(Buffer.from(hex, 'hex')), bytes);
    });

    test('several flags at once', async () => {
        const flags = flag.detached | flag.noCertificate | flag.checkValidity | flag.base64;
        const der = await signDer(Buffer.from('x').toString('base64'), '', flags, 6);
        cards.verify(der, '-content', cards.file('content', 'x'),
            '-certfile', cards.certificateFile('citizen'));
    });

    test('GPKI_PureSign takes a hash in base64, and data with "do hash"', async () => {
        const digest = createHash('sha384').update(challenge).digest();
        for (const [bytes, flags] of [
            [digest, flag.base64], [Buffer.from(challenge), flag.base64 | flag.doHash]]) {
            const signature = await signDer(
                bytes.toString('base64'), '', flags, 5, 'GPKI_PureSign');
            cards.verifyBare('citizen', 'sha384', challenge, signature);
        }
        const hex = await sign(challenge, '', flag.hex, 5, 'GPKI_PureSign');
        cards.verifyBare('citizen', 'sha384', challenge, Buffer.from(hex, 'hex'));
    });

    test('GPKI_PureSign leaves the hash bare on demand', async () => {
        const signature = await signDer('x', '', flag.noHashOid, 4, 'GPKI_PureSign');
        assert.deepEqual(
            openssl('pkeyutl', '-verifyrecover', '-pubin', '-inkey', cards.publicKeyFile('citizen'),
                '-in', cards.file('signature', signature)),
            createHash('sha256').update('x').digest());
    });

    test('a document as large as a request can carry', async () => {
        const text = '公文一份\r\n'.repeat(320_000);
        assert.equal(`${cards.verify(await signDer(text, 'UTF-8'))}`, text);
    });

    test('functions that would open the computer are refused', async () => {
        for (const name of ['GPKI_Decrypt2File', 'GPKI_XMLSignTemplateFile',
            'GPKI_XMLCalcTemplateFileDigest', 'GPKI_ReadFile', 'GPKI_XMLSignTemplateFileUpdate',
            'GPKI_SetPKCS11Driver', 'SetXMLReferenceDirs', 'GPKI_XMLSignTemplateFile2File',
            'GPKI_XMLSignTemplateDigest2File']) {
            const [, parameters, kind] = faces.windows.functions.find(([known]) => known === name);
            const args = parameters.split(' ').map(() => '/etc/hostname');
            await assertCall(page, [name, ...args], kind === 'int' ? '5906' : '', 5906);
        }
    });

    test('an unknown function is 5004', async () => {
        await assertCall(page, ['GPKI_MakeCoffee', 'black'], '', 5004);
    });
});

describe('other cards', { skip: skipDaemon() }, () => {
    for (const [person, code, name] of [['expired', 5011, '李過期'], ['notyet', 5012, '林未來']]) {
        describe(`the card "${person}"`, () => {
            const cards = new Cards(person);

            test(`is ${code} where validity is asked for, and signs elsewhere`, async () => {
                const page = await cards.openPage();
                await assertCall(page, ['GPKI_EnumCerts', usage.sign], `${cards.base64(person)};`);
                await assertCall(page, ['CAPICertGetSubject', cards.base64(person), part.CN], name);
                for (const sign of ['GPKI_SignData', 'GPKI_PureSign']) {
                    const call = [sign, cards.pin, 'x', '', flag.checkValidity, 4];
                    await assertCall(page, call, '', code);
                }
                const signed = await succeed(page, 'GPKI_SignData', cards.pin, 'x', '', 0, 4);
                const content = cards.verify(Buffer.from(signed, 'base64'), '-no_check_time');
                assert.equal(`${content}`, 'x');
            });
        });
    }

    describe('two readers', () => {
        const cards = new Cards('citizen second');

        test('a page works with the first one, or with the one that it chooses', async () => {
            const [page, other] = [await cards.openPage(), await cards.openPage()];
            const certificates = ['GPKI_EnumCertsToString', usage.sign];
            const signer = async (from) => {
                const signed = await succeed(from, 'GPKI_SignData', cards.pin, 'x', '', 0, 4);
                return (await assertSigned(signed, cards.hierarchy, 'x')).signer;
            };
            await assertCall(page, ['GPKI_GetSlotCount'], '2');
            await assertCall(page, certificates, `${cards.base64('citizen')};`);
            assert.match(await signer(page), /王測試/);
            await assertCall(page, ['GPKI_SetReaderSlot', 0, 1], '0');
            await assertCall(page, certificates, `${cards.base64('second')};`);
            assert.match(await signer(page), /陳𠮷堃/);
            assert.match(await signer(other), /王測試/);
            await assertCall(page, ['GPKI_SetReaderSlot', 0, 2], '9112', 9112);
            assert.match(await signer(page), /陳𠮷堃/);
            await assertCall(page, ['GPKI_SetReaderSlot', 0, 0], '0');
            assert.match(await signer(page), /王測試/);
        });
    });

    for (const [person, algorithm] of [['rsa3072', 'RSA 3072'], ['rsa4096', 'RSA 4096'],
        ['ec', 'EC prime256v1'], ['p384', 'EC secp384r1']]) {
        describe(`a card with a key ${algorithm}`, () => {
            const cards = new Cards(person);

            test('signs with every hash that goes with it', async () => {
                const page = await cards.openPage();
                for (const [number, hash] of hashes.entries()) {
                    const order = [cards.pin, challenge, 'MS950', 0, number];
                    if (hash === 'md5' && algorithm.startsWith('EC')) { /* X9.62 knows none */
                        await assertCall(page, ['GPKI_SignData', ...order], '', 5067);
                        await assertCall(page, ['GPKI_PureSign', ...order], '', 5067);
                        continue;
                    }
                    const signed = await succeed(page, 'GPKI_SignData', ...order);
                    const content = iconv('CP950', challenge);
                    const result = await assertSigned(signed, cards.hierarchy, content);
                    assert.equal(result.algorithm.replace('-', '').toLowerCase(),
                        `${algorithm}, ${hash}`.toLowerCase());
                    const bare = await succeed(page, 'GPKI_PureSign', ...order);
                    cards.verifyBare(person, hash, content, Buffer.from(bare, 'base64'));
                }
            });
        });
    }

    describe('an empty card', () => {
        const cards = new Cards('empty');

        test('is there, but has no certificate', async () => {
            const page = await cards.openPage();
            await assertCall(page, ['GPKI_DetectCard', 0], '1');
            await assertCall(page, ['GPKI_EnumCerts', 0], '', 5010);
            await assertCall(page, ['GPKI_SignData', cards.pin, 'x', '', 0, 4], '', 5010);
            await assertCall(page, ['GPKI_PureSign', cards.pin, 'x', '', 0, 4], '', 5010);
            await assertCall(page, ['GPKI_VerifyPIN', cards.pin, 0], '0');
        });
    });

    describe('no reader', () => {
        const cards = new Cards('none');

        /* Root has the system's modules as well: then it is pcscd that says why there is none. */
        function whyNone() {
            const hufu = join(cards.daemon.sandbox.bin, 'hufu');
            const { stdout } = spawnSync(hufu, ['card', '--json'], { encoding: 'utf8' });
            return process.getuid() === 0 ? JSON.parse(stdout).code : 9112;
        }

        test('is 9112, or what pcscd has to say, for all that needs one', async (t) => {
            const page = await cards.openPage();
            const code = whyNone();
            if (![9112, 61921, 61922].includes(code)) {
                t.skip('this computer has a reader');
                return;
            }
            await assertCall(page, ['GPKI_GetSlotCount'], '0');
            for (const [call, result] of [
                [['GPKI_DetectCard', 0], '0'], [['GPKI_EnumCerts', 0], ''],
                [['GPKI_SetReaderSlot', 0, 0], `${code}`], [['GPKI_GetErrorPINCount'], '0'],
                [['GPKI_VerifyPIN', cards.pin, 0], `${code}`],
                [['GPKI_SignData', cards.pin, 'x', '', 0, 4], ''],
            ]) {
                await assertCall(page, call, result, code);
            }
        });
    });
});

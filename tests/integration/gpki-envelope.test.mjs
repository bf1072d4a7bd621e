/* Envelopes of the GPKI component. openssl seals what the card opens, and opens what hufu sealed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Setting, newSite } from '../lib/consent.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { portalOrigin } from '../lib/servisign.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const flag = { checkValidity: 0x10, base64Out: 0x1000, base64In: 0x2000, hex: 0x1000000 };
const usage = { sign: 0x80, keyEncipherment: 0x20, dataEncipherment: 0x10 };
const ciphers = { 0: 'aes-256-cbc', 2: 'des-ede3-cbc', 5: 'aes-128-cbc', 6: 'aes-192-cbc', 7: 'aes-256-cbc' };
const text = '公文主旨：解密測試 42\r\n';
const binary = Buffer.from([0, 1, 2, 0xff, 0x0a]);

const openssl = (args, input) => execFileSync('openssl', args,
    { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 25 });

/* A citizen's card, and openssl as its correspondent. */
class Correspondence {
    constructor(options) {
        before(async () => {
            this.daemon = await startDaemon({ pinentry, ...options });
            this.windows = new Windows(this.daemon);
            this.pin = this.daemon.pin;
        });
        after(() => this.daemon?.stop());
    }

    path(name) {
        return join(dirname(this.daemon.sandbox.hierarchy), name);
    }

    certificate(name = 'citizen/keyx') {
        return new X509Certificate(readFileSync(this.path(`${name}.pem`))).raw.toString('base64');
    }

    file(name, bytes) {
        const path = join(this.daemon.sandbox.folder, name);
        writeFileSync(path, bytes);
        return path;
    }

    seal(content, { to = ['citizen/keyx'], options = ['-aes-256-cbc'] } = {}) {
        return openssl(['cms', '-encrypt', '-binary', '-outform', 'DER',
            ...to.flatMap((name) => ['-recip', this.path(`${name}.pem`)]), ...options], content);
    }

    open(der) {
        return openssl(['cms', '-decrypt', '-binary', '-inform', 'DER',
            '-recip', this.path('citizen/keyx.pem'), '-inkey', this.path('citizen/keyx.key')], der);
    }

    rsaSeal(data) {
        return openssl(['pkeyutl', '-encrypt', '-certin', '-inkey', this.path('citizen/keyx.pem')], data);
    }

    rsaOpen(cipher) {
        return openssl(['pkeyutl', '-decrypt', '-inkey', this.path('citizen/keyx.key')], cipher);
    }

    print(der) {
        return `${openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], der)}`;
    }

    /* The answer and the code of a call in which the person types `pin`. */
    async asked(page, call, pin = this.pin) {
        const answer = page.call(...call);
        await this.windows.type(pin);
        return [await answer, await page.lastError()];
    }
}

async function assertCall(page, [name, ...args], result, code = 0) {
    assert.equal(await page.call(name, ...args), result);
    assert.equal(await page.lastError(), code);
}

async function succeed(page, ...call) {
    const result = await page.call(...call);
    assert.equal(await page.lastError(), 0);
    return result;
}

const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const der = (answer) => Buffer.from(answer, 'base64');

describe('encrypting for a certificate', { skip: skipDaemon() }, () => {
    const mail = new Correspondence();
    let page;

    before(async () => {
        page = await mail.daemon.openPage();
    });

    for (const [number, cipher] of Object.entries(ciphers)) {
        test(`GPKI_EncryptByCert with cipher ${number}, ${cipher}`, async () => {
            const sealed = der(await succeed(page, 'GPKI_EncryptByCert', mail.certificate(), text, number));
            assert.equal(`${mail.open(sealed)}`, text);
            assert.match(mail.print(sealed), new RegExp(`contentEncryptionAlgorithm: \n *algorithm: ${cipher} `));
            assert.match(mail.print(sealed), /keyEncryptionAlgorithm: \n *algorithm: rsaEncryption /);
        });
    }

    test('ciphers that are broken, gone or unknown', async () => {
        for (const number of [1, 3, 4, 8, 15]) {
            await assertCall(page, ['GPKI_EncryptByCert', mail.certificate(), text, number], '', 5067);
        }
    });

    test('bytes, hexadecimal results, nothing, and much', async () => {
        const cert = mail.certificate();
        assert.deepEqual(mail.open(der(await succeed(
            page, 'GPKI_EncryptByCert', cert, b64(binary), 5 | flag.base64In))), binary);
        const hex = await succeed(page, 'GPKI_EncryptByCert', cert, text, 5 | flag.hex);
        assert.match(hex, /^(?:[0-9a-f]{2})+$/);
        assert.equal(`${mail.open(Buffer.from(hex, 'hex'))}`, text);
        assert.equal(mail.open(der(await succeed(page, 'GPKI_EncryptByCert', cert, '', 0))).length, 0);
        assert.equal(`${mail.open(der(await succeed(page, 'GPKI_EncryptByCert', cert, 'null', 0)))}`, 'null');
        const much = '公文一份\r\n'.repeat(200_000);
        assert.equal(`${mail.open(der(await succeed(page, 'GPKI_EncryptByCert', cert, much, 0)))}`, much);
    });

    test('a result that is larger than an answer may be', async () => {
        const most = '公文一份\r\n'.repeat(320_000); /* what a request can carry; hex is twice that */
        await assertCall(page, ['GPKI_EncryptByCert', mail.certificate(), most, flag.hex], '', 5002);
    });

    test('GPKI_RSAEncryptByCert, up to what the key takes', async () => {
        const cert = mail.certificate();
        const rsa = (...args) => succeed(page, 'GPKI_RSAEncryptByCert', cert, ...args);
        assert.equal(`${mail.rsaOpen(der(await rsa(text, 0)))}`, text);
        assert.deepEqual(mail.rsaOpen(der(await rsa(b64(binary), flag.base64In))), binary);
        assert.equal(`${mail.rsaOpen(Buffer.from(await rsa(text, flag.hex), 'hex'))}`, text);
        assert.equal(`${mail.rsaOpen(der(await rsa('x'.repeat(245), 0)))}`, 'x'.repeat(245));
        await assertCall(page, ['GPKI_RSAEncryptByCert', cert, 'x'.repeat(246), 0], '', 9015);
    });

    for (const name of ['GPKI_EncryptByCert', 'GPKI_RSAEncryptByCert']) {
        test(`${name}: certificates that are none, of another use, out of date`, async () => {
            const expired = mail.certificate('expired/keyx');
            for (const [cert, flags, code] of [
                ['', 0, 5040], ['undefined', 0, 5040], ['AAAA', 0, 5040], ['=', 0, 5040],
                [`${mail.certificate()}AAAA`, 0, 5040], ['A'.repeat(40_000), 0, 5040],
                [mail.certificate('citizen/sign'), 0, 5017], [mail.certificate('ca/issuing'), 0, 5017],
                [mail.certificate('ec/sign'), 0, 5067],
                [expired, flag.checkValidity, 5011],
                [mail.certificate('notyet/keyx'), flag.checkValidity, 5012],
            ]) {
                await assertCall(page, [name, cert, 'x', flags], '', code);
            }
            await succeed(page, name, expired, 'x', 0);
            await succeed(page, name, mail.certificate().replace(/.{64}/g, '$&\r\n'), 'x', 0);
        });

        test(`${name}: other arguments`, async () => {
            const cert = mail.certificate();
            for (const [args, code] of [
                [[], 5005], [[cert], 5005], [[cert, 'x', 'five'], 5005], [[cert, 'x', '-1'], 5005],
                [[cert, 'x', 0, 0], 5005], [[cert, 'x', flag.base64In], 5008],
                [[cert, 'eA==\n', flag.base64In], 5008],
            ]) {
                await assertCall(page, [name, ...args], '', code);
            }
            await succeed(page, name, cert, 'x');
        });
    }
});

describe('decrypting with the card', { skip: skipDaemon() }, () => {
    const mail = new Correspondence({ cards: 'citizen' });
    let page;

    before(async () => {
        page = await mail.daemon.openCardPage();
    });

    const decrypt = (message, flags = 0, keyUsage = 0) => (
        ['GPKI_DecryptEx', mail.pin, b64(message), flags, keyUsage]);
    const opened = (...args) => succeed(page, ...decrypt(...args));

    for (const [what, options] of Object.entries({
        '3DES': ['-des3'], 'AES-128': ['-aes128'], 'AES-256': ['-aes256'],
        'AES-128-GCM': ['-aes-128-gcm'], 'AES-256-GCM': ['-aes-256-gcm'],
        'a key identifier': ['-aes128', '-keyid'], 'BER, indefinite lengths': ['-aes128', '-stream', '-indef'],
    })) {
        test(`opens a message with ${what}`, async () => {
            assert.equal(await opened(mail.seal(text, { options })), text);
        });
    }

    test('BER with long strings in pieces', async () => {
        const much = 'x'.repeat(100_000);
        const message = mail.seal(much, { options: ['-aes128', '-stream', '-indef'] });
        assert.equal(message[1], 0x80);
        assert.equal(await opened(message), much);
    });

    test('finds its own recipient among others', async () => {
        const to = ['second/keyx', 'expired/keyx', 'citizen/keyx', 'citizen/sign'];
        assert.equal(await opened(mail.seal(text, { to })), text);
    });

    test('GPKI_Decrypt asks the person, who sees what for and how much', async () => {
        const message = mail.seal(text);
        const answer = page.call('GPKI_Decrypt', b64(message), 0, 0);
        const lines = await mail.windows.text();
        assert.equal(lines[0], 'This website asks to decrypt data with your card.');
        assert.equal(lines[1], `Website: ${portalOrigin}`);
        assert.equal(lines[4], `To be decrypted: ${message.length} bytes`);
        assert.match(lines[5], /^SHA-256: /);
        assert.equal(lines.length, 6);
        await mail.windows.type(mail.pin);
        assert.equal(await answer, text);
        assert.equal(await page.lastError(), 0);
    });

    test('without a PIN nothing is decrypted', async () => {
        const call = ['GPKI_DecryptEx', '', b64(mail.seal(text)), 0, 0];
        assert.deepEqual(await mail.asked(page, call, ''), ['', 5070]);
        assert.deepEqual(await mail.asked(page, call, '654321'), ['', 9039]);
        assert.deepEqual(await mail.asked(page, call), [text, 0]);
        const rsa = ['GPKI_RSADecrypt', b64(mail.rsaSeal(text)), '', 0];
        assert.deepEqual(await mail.asked(page, rsa, ''), ['', 5070]);
        assert.deepEqual(await mail.asked(page, rsa), [text, 0]);
    });

    test('what is no text comes as base64 or hex, or not at all', async () => {
        const message = mail.seal(binary);
        assert.equal(await opened(message, flag.base64Out), b64(binary));
        assert.equal(await opened(message, flag.hex), binary.toString('hex'));
        for (const bytes of [binary, Buffer.from('a\0b'), Buffer.from([0xb5, 0x6e]), Buffer.from([0xed, 0xa0, 0x80])]) {
            await assertCall(page, decrypt(mail.seal(bytes)), '', 5064);
            await assertCall(page, ['GPKI_RSADecrypt', b64(mail.rsaSeal(bytes)), mail.pin, 0], '', 5064);
        }
        assert.equal(await opened(mail.seal('')), '');
    });

    test('base64 with line breaks', async () => {
        const broken = b64(mail.seal(text)).replace(/.{64}/g, '$&\r\n');
        assert.equal(await succeed(page, 'GPKI_DecryptEx', mail.pin, `${broken}\n`, flag.base64In, 0), text);
    });

    test('a large message', async () => {
        const much = '公文一份\r\n'.repeat(150_000);
        assert.equal(await opened(mail.seal(much)), much);
    });

    test('iKeyUsage says which key', async () => {
        const message = mail.seal(text);
        assert.equal(await opened(message, 0, usage.keyEncipherment), text);
        assert.equal(await opened(message, 0, usage.dataEncipherment | usage.sign), text);
        await assertCall(page, decrypt(message, 0, usage.sign), '', 5017);
        await assertCall(page, decrypt(mail.seal(text, { to: ['citizen/sign'] })), '', 5017);
    });

    test('GPKI_RSADecrypt, as text, base64 and hex', async () => {
        const rsa = (data, flags) => succeed(page, 'GPKI_RSADecrypt', b64(mail.rsaSeal(data)), mail.pin, flags);
        assert.equal(await rsa(text, 0), text);
        assert.equal(await rsa(binary, flag.hex), binary.toString('hex'));
        assert.equal(await rsa(binary, flag.base64Out), b64(binary));
        assert.equal(await rsa('x'.repeat(245), 0), 'x'.repeat(245));
    });

    test('what hufu sealed, hufu opens', async () => {
        const cert = (await succeed(page, 'GPKI_EnumCerts', usage.dataEncipherment)).split(';')[0];
        const sealed = await succeed(page, 'GPKI_EncryptByCert', cert, text, 0);
        assert.equal(await succeed(page, 'GPKI_DecryptEx', mail.pin, sealed, 0, 0), text);
        const short = await succeed(page, 'GPKI_RSAEncryptByCert', cert, text, 0);
        assert.equal(await succeed(page, 'GPKI_RSADecrypt', short, mail.pin, 0), text);
    });

    test('the certificate used last is the one that decrypted', async () => {
        await opened(mail.seal(text));
        await assertCall(page, ['GPKI_GetCachedCert'], mail.certificate());
    });

    test('messages that cannot be for it, before anybody is asked', async () => {
        const signed = openssl(['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER',
            '-signer', mail.path('citizen/sign.pem'), '-inkey', mail.path('citizen/sign.key')], text);
        const message = mail.seal(text);
        for (const [cipher, code] of [
            ['', 5042], ['undefined', 5042], ['null', 5042], ['AAAA', 5042], ['x', 5008], ['=', 5008],
            [mail.certificate(), 5042], [b64(signed), 5042],
            [b64(message.subarray(0, -1)), 5042], [b64(Buffer.concat([message, Buffer.alloc(1)])), 5042],
            [b64(mail.seal(text, { to: ['second/keyx'] })), 5010],
            [b64(mail.seal(text, { options: ['-aes128', '-keyopt', 'rsa_padding_mode:oaep'] })), 5067],
            ['A'.repeat(4_000_000), 5042],
        ]) {
            await assertCall(page, ['GPKI_Decrypt', cipher, 0, 0], '', code);
        }
        for (const args of [[], ['AAAA', 'x'], ['AAAA', 0, 'x'], ['AAAA', 0, 0, 0]]) {
            await assertCall(page, ['GPKI_Decrypt', ...args], '', args.length ? 5005 : 5042);
        }
        await assertCall(page, ['GPKI_RSADecrypt', 'x', '', 0], '', 5008);
        await assertCall(page, ['GPKI_RSADecrypt', 'AAAA', '', 'x'], '', 5005);
        assert.deepEqual(mail.windows.open, []);
    });

    test('GPKI_Decrypt2File stays refused', async () => {
        await assertCall(page, ['GPKI_Decrypt2File', 'AAAA', '/tmp/x', 0, 0], '5906', 5906);
    });
});

describe('cards that cannot decrypt', { skip: skipDaemon() }, () => {
    const mail = new Correspondence({ cards: 'ec empty expired notyet' });

    test('by their keys and their dates', async () => {
        const page = await mail.daemon.openCardPage();
        const call = (name, flags = 0) => (
            ['GPKI_DecryptEx', mail.pin, b64(mail.seal(text, { to: [name] })), flags, 0]);
        const rsa = ['GPKI_RSADecrypt', b64(mail.rsaSeal(text)), mail.pin, 0];
        for (const slot of [0, 1]) {
            await assertCall(page, ['GPKI_SetReaderSlot', 0, slot], '0');
            await assertCall(page, call('citizen/keyx'), '', 5010);
            await assertCall(page, rsa, '', 5010);
        }
        await assertCall(page, ['GPKI_SetReaderSlot', 0, 2], '0');
        await assertCall(page, call('expired/keyx', flag.checkValidity), '', 5011);
        await assertCall(page, call('expired/keyx'), text);
        await assertCall(page, ['GPKI_SetReaderSlot', 0, 3], '0');
        await assertCall(page, call('notyet/keyx', flag.checkValidity), '', 5012);
    });
});

describe('a new site', { skip: skipDaemon() }, () => {
    const own = new Setting();

    before(() => own.start());
    after(() => own.daemon?.stop());

    /* Resolves with what a page that signs already got, and what the person was asked. */
    async function decryptAs(answer) {
        await own.reset({ sites: [] });
        await own.hufu('sites', 'allow', newSite, 'see', 'read', 'sign', 'pin');
        await own.daemon.reload();
        const page = await own.daemon.openPage({ origin: newSite });
        const from = join(dirname(own.daemon.sandbox.hierarchy), 'citizen/keyx.pem');
        const message = openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes128', from], text);
        const call = page.call('GPKI_DecryptEx', own.daemon.pin, b64(message), 0, 0);
        const lines = own.questions.textsOf(await own.questions.one()).SETDESC.split('\n');
        await own.answer(answer);
        return { result: await call, code: await page.lastError(), lines };
    }

    test('is asked about decrypting by itself, though it may sign', async () => {
        const { result, lines } = await decryptAs('always');
        assert.deepEqual(lines.filter((line) => line.startsWith('- ')), ['- decrypt with your card']);
        assert.equal(result, text);
    });

    test('decrypts nothing where the person says no', async () => {
        const { result, code } = await decryptAs('no');
        assert.deepEqual([result, code], ['', 61906]);
    });
});

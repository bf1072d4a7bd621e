/* T-18: who sends the card one damaged message after another learns nothing but that each is damaged:
 * not whether the padding of RSA was right (Bleichenbacher), nor the length of the key under it (MMA),
 * nor the padding of the content (Vaudenay), whatever the card's module says of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { Faulty, faulty } from '../lib/faulty.mjs';

const damaged = 5064;
const keySize = 256; /* RSA-2048 */
const keyHead = Buffer.from('04820100', 'hex'); /* OCTET STRING, 256 bytes */
const text = '機密公文，至少有好幾個區塊那麼長';

const openssl = (args, input) => execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/* A block before RSA: 00 02, padding without zeros, 00, data. */
function block(data, { first = 0, type = 2, padding = 0x55, end = 0 } = {}) {
    const filler = Buffer.alloc(keySize - 3 - data.length, padding);
    return Buffer.concat([Buffer.from([first, type]), filler, Buffer.from([end]), data]);
}

/* What an attacker varies. With a first byte of 0 all are less than the modulus. */
const blocks = {
    'another type of block': block(Buffer.alloc(32, 7), { type: 1 }),
    'a type that is nobody\'s': block(Buffer.alloc(32, 7), { type: 0 }),
    'a first byte that is not 0': block(Buffer.alloc(32, 7), { first: 1 }),
    'no end of the padding': block(Buffer.alloc(32, 7), { end: 0x55 }),
    'a padding that is too short': Buffer.concat([
        Buffer.from([0, 2, 1, 2, 3, 0]), Buffer.alloc(keySize - 6, 7)]),
    'no key': block(Buffer.alloc(0)),
    'a key that is too short': block(Buffer.alloc(15, 7)),
    'a key that is one too long': block(Buffer.alloc(33, 7)),
    'a long key': block(Buffer.alloc(200, 7)),
    'another key of the right length': block(Buffer.alloc(32, 7)),
};

describe('a page that sends damaged messages', { skip: skipDaemon(faulty) }, () => {
    let daemon;
    let module;
    let page;
    let certificate;
    const messages = {};

    before(async () => {
        daemon = await startDaemon({ more: ['--module', faulty] });
        module = new Faulty(daemon);
        module.set('none');
        page = await daemon.openCardPage();
        certificate = join(dirname(daemon.sandbox.hierarchy), 'citizen/keyx.pem');
        for (const cipher of ['aes-256-cbc', 'aes-256-gcm', 'des-ede3-cbc']) {
            messages[cipher] = openssl(['cms', '-encrypt', '-binary', '-outform', 'DER',
                `-${cipher}`, certificate], Buffer.from(text));
        }
    });

    after(() => daemon?.stop());

    /* What the page gets, and what hufud says of it in its log but for the time that it took. */
    async function outcome(name, ...args) {
        const lines = await daemon.logOf(async () => {
            const result = await page.call(name, ...args);
            outcome.last = { result, code: await page.lastError() };
        }, /GPKI_/);
        const said = lines.filter((line) => line.includes(name)).map((line) => line.replace(/ms=\d+/, ''));
        return JSON.stringify({ ...outcome.last, said });
    }

    const decrypt = (message, flags = 0) => (
        outcome('GPKI_DecryptEx', daemon.pin, base64(message), flags, 0));
    const rsaDecrypt = (cipher) => outcome('GPKI_RSADecrypt', base64(cipher), daemon.pin, 0);

    const rsa = (bytes) => openssl(['pkeyutl', '-encrypt', '-certin', '-inkey', certificate,
        '-pkeyopt', 'rsa_padding_mode:none'], bytes);

    /* The message with another encrypted key. */
    function withKey(message, cipher) {
        const at = message.indexOf(keyHead) + keyHead.length;
        return Buffer.concat([message.subarray(0, at), cipher, message.subarray(at + keySize)]);
    }

    function flipped(message, place) {
        const copy = Buffer.from(message);
        copy[place < 0 ? copy.length + place : place] ^= 1;
        return copy;
    }

    const isDamaged = (answer) => {
        const { result, code } = JSON.parse(answer);
        assert.deepEqual([result, code], ['', damaged]);
    };

    test('opens what is not damaged', async () => {
        for (const message of Object.values(messages)) {
            assert.equal(JSON.parse(await decrypt(message)).result, text);
        }
        assert.equal(JSON.parse(await rsaDecrypt(rsa(block(Buffer.from('x'))))).result, 'x');
    });

    test('gets one answer, whatever is under the encrypted key', async () => {
        const answers = new Set();
        for (const message of Object.values(messages)) {
            for (const bytes of Object.values(blocks)) {
                answers.add(await decrypt(withKey(message, rsa(bytes))));
            }
            answers.add(await decrypt(withKey(message, Buffer.alloc(keySize))));
            answers.add(await decrypt(withKey(message, Buffer.alloc(keySize, 0xff))));
        }
        assert.equal(answers.size, 1, [...answers].join('\n'));
        isDamaged([...answers][0]);
    });

    test('and the same for each layer of the content', async () => {
        const answers = new Set([await decrypt(withKey(messages['aes-256-cbc'], Buffer.alloc(keySize)))]);
        for (const place of [-1, -16]) { /* its tag */
            answers.add(await decrypt(flipped(messages['aes-256-gcm'], place)));
        }
        answers.add(await decrypt(flipped(messages['aes-256-gcm'], -20)));
        answers.add(await decrypt(flipped(messages['aes-256-cbc'], -1)));
        answers.add(await decrypt(flipped(messages['aes-256-cbc'], -17))); /* into the last padding */
        assert.equal(answers.size, 1, [...answers].join('\n'));
        isDamaged([...answers][0]);
    });

    test('and the same for noise that a wrong key leaves now and then', async () => {
        const noise = openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes256', certificate],
            Buffer.from('b56e00ff', 'hex'));
        assert.equal(await decrypt(noise), await decrypt(flipped(messages['aes-256-gcm'], -1)));
        assert.equal(await rsaDecrypt(rsa(block(Buffer.from([0xff])))),
            await rsaDecrypt(rsa(block(Buffer.from([0xff]), { type: 1 }))));
    });

    test('gets one answer of the bare key too', async () => {
        const answers = new Set();
        for (const what of ['another type of block', 'a type that is nobody\'s', 'a first byte that is not 0',
            'no end of the padding']) {
            answers.add(await rsaDecrypt(rsa(blocks[what])));
        }
        for (const cipher of [Buffer.alloc(keySize, 0xff), Buffer.alloc(keySize), Buffer.alloc(keySize - 1, 7),
            Buffer.alloc(keySize + 1, 7), Buffer.alloc(0), Buffer.alloc(100_000, 7)]) {
            answers.add(await rsaDecrypt(cipher));
        }
        assert.equal(answers.size, 1, [...answers].join('\n'));
        isDamaged([...answers][0]);
    });

    test('does not hear what the module says of a cipher', async () => {
        const whole = messages['aes-256-gcm'];
        const cipher = rsa(block(Buffer.from('x')));
        const [expected, bare] = [await decrypt(flipped(whole, -1)), await rsaDecrypt(Buffer.alloc(keySize, 0xff))];
        for (const fault of ['unwrap-data', 'unwrap-length', 'unwrap-failed', 'unwrap-device', 'unwrap-vendor',
            'lie-clear']) {
            module.set(fault);
            assert.equal(await decrypt(whole), expected, fault);
            assert.equal(await rsaDecrypt(cipher), bare, fault);
        }
        module.set('unwrap-nothing');
        assert.equal(await decrypt(whole), expected);
        module.set('none');
    });

    test('hears of a card that was pulled', async () => {
        module.set('removed');
        assert.equal(JSON.parse(await decrypt(messages['aes-256-cbc'])).code, 9018);
        assert.equal(JSON.parse(await rsaDecrypt(rsa(block(Buffer.from('x'))))).code, 9018);
        module.set('none');
    });

    test('finds none of the clear text in the log', async () => {
        await decrypt(messages['aes-256-cbc']);
        assert.ok(!readFileSync(daemon.sandbox.log).includes(text));
    });
});

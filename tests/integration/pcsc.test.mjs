/* The same through a real pcscd and OpenSC: a virtual PIV card that can be pulled, locked, slow. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import {
    cardEvents, isInside, openscModule, orderCard, pivcard, restartPcscd, runInside,
} from '../lib/pcscd.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const skip = skipDaemon(pivcard, 'pkcs11-tool', 'pkg-config', 'unshare');
const challenge = '登入挑戰 42';
const sign = (pin) => ['GPKI_SignData', pin, challenge, 'UTF-8', 0, 4];

function defineTests() {
    let daemon;
    let page;
    let windows;

    before(async () => {
        daemon = await startDaemon({ cards: 'none', pinentry, more: ['--module', openscModule()] });
        windows = new Windows(daemon);
        page = await daemon.openCardPage();
    });

    afterEach(async () => {
        ['latency 0', 'retries 3', 'in'].forEach(orderCard);
        await cardIs('1');
    });

    after(() => daemon?.stop());

    /* pcscd looks at its readers every 0.4 s. */
    const cardIs = (detected) => until(`card ${detected}`,
        async () => await page.call('GPKI_DetectCard', 0) === detected);

    async function assertSigns(from = page) {
        const signed = await from.call(...sign(daemon.pin));
        assert.equal(await from.lastError(), 0);
        await assertSigned(signed, daemon.sandbox.hierarchy, challenge);
    }

    test('a card is found, read and signs', async () => {
        assert.equal(await page.call('GPKI_DetectCard', 0), '1');
        const file = join(dirname(daemon.sandbox.hierarchy), 'citizen', 'sign.pem');
        const certificate = new X509Certificate(readFileSync(file)).raw.toString('base64');
        assert.equal(await page.call('GPKI_EnumCerts', 0x80), `${certificate};`);
        await assertSigns();
        assert.equal(cardEvents().at(-1), 'key 9A used');
        assert.equal(await page.call('GPKI_GetCachedCert'), certificate);
    });

    test('its other key decrypts, and says of damage what every card says', async () => {
        const file = join(dirname(daemon.sandbox.hierarchy), 'citizen', 'keyx.pem');
        const message = execFileSync('openssl', ['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes128', file],
            { input: challenge });
        const decrypt = (bytes) => page.call('GPKI_DecryptEx', daemon.pin, bytes.toString('base64'), 0, 0);
        assert.equal(await decrypt(message), challenge);
        assert.equal(cardEvents().at(-1), 'key 9D used');
        message[message.indexOf(Buffer.from('04820100', 'hex')) + 100] ^= 1; /* in the encrypted key */
        assert.equal(await decrypt(message), '');
        assert.equal(await page.lastError(), 5064);
        assert.equal(cardEvents().at(-1), 'key 9D used');
        const bare = execFileSync('openssl', ['pkeyutl', '-encrypt', '-certin', '-inkey', file], { input: challenge });
        assert.equal(await page.call('GPKI_RSADecrypt', bare.toString('base64'), daemon.pin, 0), challenge);
        assert.equal(await page.call('GPKI_RSADecrypt', Buffer.alloc(256, 1).toString('base64'), daemon.pin, 0), '');
        assert.equal(await page.lastError(), 5064);
    });

    test('the PIN typed into the window signs as well', async () => {
        const answer = page.call(...sign(''));
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, challenge);
    });

    /* After it, pages may pass PINs again. */
    async function typeRightPin() {
        orderCard('retries 3');
        const answer = page.call('GPKI_VerifyPIN', '', 0);
        await windows.type(daemon.pin);
        assert.equal(await answer, '0');
    }

    test('three wrong PINs lock the card, and no fourth is tried', async () => {
        assert.equal(await page.call('GPKI_GetErrorPINCount'), '3');
        assert.equal(await page.call('GPKI_VerifyPIN', '654321', 0), '9039');
        const second = page.call(...sign('654321')); /* of a page, one is enough */
        await windows.type('654321');
        assert.equal(await second, '');
        assert.equal(await page.lastError(), 9039);
        assert.equal(await page.call('GPKI_GetErrorPINCount'), '1');

        const last = page.call('GPKI_VerifyPIN', '654321', 0);
        const tried = cardEvents().length;
        await windows.type('654321'); /* a last try is the person's */
        assert.equal(await last, '9043');
        assert.deepEqual(cardEvents().slice(tried), ['PIN wrong, tries left: 0']);
        assert.equal(await page.call('GPKI_GetErrorPINCount'), '0');
        assert.equal(await page.call(...sign(daemon.pin)), '');
        assert.equal(await page.lastError(), 9043);
        assert.equal(cardEvents().length, tried + 1);
        await typeRightPin();
    });

    test('a wrong PIN costs one try, not more', async () => {
        const before = cardEvents().length;
        assert.equal(await page.call('GPKI_VerifyPIN', '654321', 0), '9039');
        assert.deepEqual(cardEvents().slice(before), ['PIN wrong, tries left: 2']);
        await typeRightPin();
    });

    test('a card that is pulled is 9056 until it is back', async () => {
        orderCard('out');
        await cardIs('0');
        assert.equal(await page.lastError(), 9056);
        assert.equal(await page.call(...sign(daemon.pin)), '');
        assert.equal(await page.lastError(), 9056);
        orderCard('in');
        await cardIs('1');
        await assertSigns();
    });

    test('a card that is pulled in the middle of a signature costs that signature', async () => {
        orderCard('drop');
        const result = await page.call(...sign(daemon.pin));
        const code = await page.lastError();
        assert.ok([9004, 9018, 9056].includes(code), `${code}`);
        assert.equal(result, '');
        assert.equal(cardEvents().at(-1), 'out');
        orderCard('in');
        await cardIs('1');
        await assertSigns();
    });

    test('or that message, and is no damage', async () => {
        const file = join(dirname(daemon.sandbox.hierarchy), 'citizen', 'keyx.pem');
        const bare = execFileSync('openssl', ['pkeyutl', '-encrypt', '-certin', '-inkey', file], { input: challenge });
        orderCard('drop');
        assert.equal(await page.call('GPKI_RSADecrypt', bare.toString('base64'), daemon.pin, 0), '');
        const code = await page.lastError();
        assert.ok([9018, 9056].includes(code), `${code}`);
        assert.equal(cardEvents().at(-1), 'out');
        orderCard('in');
        await cardIs('1');
    });

    test('a card that is too slow is 61011, and the next call works', async () => {
        await daemon.configure({ pin: { program: pinentry }, card: { deadline: 2 } });
        await daemon.openCardPage(); /* leaves a spare that is loaded already */
        orderCard('latency 6000');
        assert.equal(await page.call(...sign(daemon.pin)), '61011');
        assert.equal(await page.lastError(), 61011);
        orderCard('latency 0');
        await cardIs('1');
        await assertSigns();
    });

    test('two pages sign with one card at the same time', async () => {
        await daemon.configure({ pin: { program: pinentry } });
        orderCard('latency 300');
        const other = await daemon.openCardPage();
        await Promise.all([assertSigns(page), assertSigns(other)]);
    });
}

function defineReaderTests() {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ cards: 'none', more: ['--module', openscModule()] });
    });

    after(() => daemon?.stop());

    test('a reader that is plugged in later is found by pages that were open before', async () => {
        const noReaders = join(daemon.sandbox.folder, 'readers');
        mkdirSync(noReaders);
        await restartPcscd(noReaders);
        const [page, other] = [await daemon.openCardPage(), await daemon.openCardPage()];
        assert.equal(await page.call('GPKI_DetectCard', 0), '0');
        assert.equal(await page.lastError(), 9112);
        await restartPcscd('/etc/reader.conf.d');
        for (const each of [page, other]) {
            await until('the card', async () => await each.call('GPKI_DetectCard', 0) === '1');
            const signed = await each.call(...sign(daemon.pin));
            await assertSigned(signed, daemon.sandbox.hierarchy, challenge);
        }
    });
}

if (skip || isInside) {
    describe('a card in a reader', { skip }, defineTests);
    describe('readers', { skip }, defineReaderTests);
} else {
    const reason = runInside(import.meta.url, 'citizen');
    if (reason) {
        test('a card in a reader', { skip: reason }, () => {});
    }
}

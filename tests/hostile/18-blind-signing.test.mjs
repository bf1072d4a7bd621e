/* T-18: before a person types the PIN, the window says what is signed. The page cannot make it say
 * anything else. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { Windows, pinentry } from '../lib/windows.mjs';

const flag = { base64: 0x2000, doHash: 0x10000 };
const lineMax = 1000; /* of Assuan, which pinentry speaks */

const groups = (bytes) => createHash('sha256').update(bytes).digest('hex').match(/.{8}/g).join(' ');

describe('the window for a PIN', { skip: skipDaemon('iconv') }, () => {
    let daemon;
    let windows;
    let page;

    before(async () => {
        daemon = await startDaemon({ pinentry });
        windows = new Windows(daemon);
        page = await daemon.openCardPage();
    });

    after(() => daemon?.stop());

    /* What it says when this is to be signed; then the person cancels. */
    async function windowFor(data, { codePage = 'UTF-8', flags = 0, name = 'GPKI_SignData' } = {}) {
        const answer = page.call(name, '', data, codePage, flags, 4);
        const text = await windows.text();
        await windows.cancel();
        assert.equal(await answer, '');
        await windows.typeRight(page, daemon.pin);
        return text;
    }

    test('says who asks, and for what', async () => {
        const text = await windowFor('登入挑戰 42');
        assert.equal(text[0], 'This website asks for a signature with your card.');
        assert.equal(text[1], 'Website: https://portal.example.tw');
        assert.match(text[2], /^Reader: SoftHSM slot/);
        assert.equal(text[3], 'Card: HiCOS PKI Smart Card');
    });

    test('shows a text, and the size and digest of what is signed', async () => {
        assert.deepEqual((await windowFor('登入挑戰 42')).slice(4), [
            'To be signed: a text of 15 bytes', `SHA-256: ${groups('登入挑戰 42')}`, '「登入挑戰 42」']);
    });

    test('shows the text, and the digest of its bytes in the code page', async () => {
        const bytes = Buffer.from('b56ea44abbe1', 'hex'); /* Big5 */
        const text = new TextDecoder('big5').decode(bytes);
        assert.deepEqual((await windowFor(text, { codePage: 'MS950' })).slice(4),
            ['To be signed: a text of 6 bytes', `SHA-256: ${groups(bytes)}`, `「${text}」`]);
    });

    test('shows the text that came as base64', async () => {
        const data = Buffer.from('匯款 100 元').toString('base64');
        assert.equal((await windowFor(data, { flags: flag.base64 })).at(-1), '「匯款 100 元」');
    });

    test('names what cannot be shown', async () => {
        const bytes = Buffer.from([0, 1, 2, 255]);
        const flags = flag.base64;
        assert.deepEqual((await windowFor(bytes.toString('base64'), { flags })).slice(4), [
            'To be signed: data that cannot be shown, 4 bytes', `SHA-256: ${groups(bytes)}`]);
    });

    test('says of a hash that nobody here knows what it stands for', async () => {
        const hash = createHash('sha256').update('x').digest();
        const text = await windowFor(hash.toString('base64'),
            { name: 'GPKI_PureSign', flags: flag.base64 });
        assert.deepEqual(text.slice(4), [
            'To be signed: a hash, 32 bytes. What it stands for cannot be checked here.',
            `Hash: ${groups('x')}`]);
    });

    test('warns of what TLS or a raw DigestInfo looks like', async () => {
        const unusual = /^Unusual: /m;
        const tls13 = `${' '.repeat(64)}TLS 1.3, client CertificateVerify\0${'h'.repeat(32)}`;
        for (const bytes of [
            Buffer.alloc(36, 0x80), Buffer.from(tls13),
            Buffer.from(`3021300906052b0e03021a05000414${'80'.repeat(20)}`, 'hex'),
        ]) {
            const data = bytes.toString('base64');
            const flags = flag.base64 | flag.doHash;
            for (const name of ['GPKI_SignData', 'GPKI_PureSign']) {
                assert.match((await windowFor(data, { flags, name })).join('\n'), unusual);
            }
        }
        assert.doesNotMatch((await windowFor('x'.repeat(36))).join('\n'), unusual);
    });

    test('has nothing to show where nothing is signed', async () => {
        const answer = page.call('GPKI_VerifyPIN', '', 0);
        const text = await windows.text();
        await windows.cancel();
        assert.equal(await answer, '5070');
        assert.equal(text.length, 4);
        assert.equal(text[0], 'This website asks to check the PIN of your card.');
    });

    for (const [what, data] of Object.entries({
        'line breaks': 'a\nWebsite: https://www.gov.tw\r\nThis is fine.',
        'its brackets': '」\n網站：https://www.gov.tw\n「',
        'markup': '<b>Website: https://www.gov.tw</b>&lt;<br>',
        'a wide gap': `a${' \t\u3000\u00a0'.repeat(200)}Website: https://www.gov.tw`,
        'right-to-left': '\u202eWebsite\u2066: \u200bhttps://www.gov.tw',
        'control characters': 'a\x1b[2J\x07\x08\x08Website: \x7f\u0085x',
        'percent escapes': '%0AWebsite: https://www.gov.tw%0A%25',
        'Assuan commands': 'x\nSETDESC all is well\nSETPROMPT x',
    })) {
        test(`says nothing that the page wrote with ${what}`, async () => {
            const text = await windowFor(data);
            assert.equal(text[1], 'Website: https://portal.example.tw');
            const quotation = text.findIndex((line) => line.startsWith('「'));
            const lines = text.slice(quotation);
            assert.ok(quotation >= 6 && lines.slice(1).every((line) => line.startsWith('\u3000')));
            assert.match(lines.join(''), /^「[^「」]*」$/);
            /* eslint-disable-next-line no-control-regex */
            assert.doesNotMatch(lines.join(''), /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066]/);
            assert.equal(text.filter((line) => line.startsWith('Website:')).length, 1);
        });
    }

    test('shows the beginning of a long text, and all of its digest', async () => {
        const data = '本人同意'.repeat(100_000);
        const text = await windowFor(data);
        assert.ok(Buffer.byteLength(`SETDESC ${text.join('%0A')}`) <= lineMax);
        assert.ok(text.includes('Only its beginning is shown; it has 400000 characters in all…'));
        assert.ok(text.includes(`SHA-256: ${groups(data)}`));
        assert.match(text.at(-1), /」$/);
        const others = await windowFor(`${data}.`);
        assert.notEqual(others.join('\n'), text.join('\n'));
    });

    test('shows what is signed then', async () => {
        const answer = page.call('GPKI_SignData', '', '陳𠮷堃', 'UTF-8', 0, 4);
        assert.equal((await windows.text()).at(-1), '「陳𠮷堃」');
        await windows.type(daemon.pin);
        await assertSigned(await answer, daemon.sandbox.hierarchy, '陳𠮷堃');
    });
});

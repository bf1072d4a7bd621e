/* A certificate that is renewed on a card that stays in: no page gets the old one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';

const softhsm = process.env.HUFU_SOFTHSM ?? '/usr/lib/softhsm/libsofthsm2.so';
const challenge = '登入挑戰 42';
const signId = Buffer.from('SIGN').toString('hex');

describe('a certificate that is renewed while the card stays in', { skip: skipDaemon() }, () => {
    let daemon;
    let page;
    let citizens;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openCardPage();
        citizens = dirname(daemon.sandbox.hierarchy);
    });

    after(() => daemon?.stop());

    const openssl = (input, ...args) => execFileSync('openssl', args, {
        input, stdio: ['pipe', 'pipe', 'pipe'] });

    /* The same key and name, certified once more. */
    function renew(serial) {
        const file = (name) => join(citizens, name);
        const request = openssl('', 'x509', '-x509toreq', '-in', file('citizen/sign.pem'),
            '-signkey', file('citizen/sign.key'), '-copy_extensions', 'copyall');
        return openssl(request, 'x509', '-req', '-CA', file('ca/issuing.pem'), '-CAkey',
            file('ca/issuing.key'), '-set_serial', serial, '-days', '700', '-copy_extensions',
            'copyall', '-outform', 'DER');
    }

    const environment = () => ({ ...daemon.sandbox.env(),
        SOFTHSM2_CONF: join(daemon.sandbox.home, '.config/softhsm2/softhsm2.conf') });

    /* What an issuer's tool does, in a process of its own. */
    function replace(der) {
        const file = join(daemon.sandbox.folder, 'renewed.der');
        const env = environment();
        const tool = (...args) => execFileSync('pkcs11-tool', [
            '--module', softhsm, '--login', '--pin', daemon.pin, '--type', 'cert', '--id', signId,
            ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
        writeFileSync(file, der);
        tool('--delete-object');
        tool('--label', 'cert1', '--write-object', file);
    }

    const signing = async () => (await page.call('GPKI_EnumCerts', 0x80)).split(';')[0];

    async function assertSignsWith(der) {
        const signed = await page.call('GPKI_SignData', daemon.pin, challenge, 'UTF-8', 0, 4);
        assert.equal(await page.lastError(), 0);
        await assertSigned(signed, daemon.sandbox.hierarchy, challenge);
        assert.ok(Buffer.from(signed, 'base64').includes(der), 'the signature comes with it');
    }

    test('is what the next call reads and signs with, by the same worker', async () => {
        const { worker } = page;
        const old = new X509Certificate(readFileSync(join(citizens, 'citizen/sign.pem'))).raw;
        assert.equal(await signing(), old.toString('base64'));
        await assertSignsWith(old);
        /* The second differs from the first by its serial number alone, not in length. */
        for (const serial of ['0x7e57', '0x7e58']) {
            const renewed = renew(serial);
            await daemon.quiet();
            replace(renewed);
            assert.equal(await signing(), renewed.toString('base64'));
            await assertSignsWith(renewed);
        }
        assert.ok(daemon.workers.includes(worker));
    });

    /* More than a card holds is compared again after two seconds (ARCHIVE_MIN in card/objects.c). */
    test('an archive shows what was added to it within seconds', async () => {
        const fill = (count) => execFileSync(join(dirname(programs), 'tests', 'bench', 'fill'),
            [softhsm, daemon.pin, `${count}`], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
        const listed = async () => (await page.call('GPKI_EnumCerts', 0)).split(';').length;
        fill(64);
        const before = await listed();
        assert.ok(before > 64);
        fill(1);
        await until('one certificate more', async () => await listed() === before + 1);
    });
});

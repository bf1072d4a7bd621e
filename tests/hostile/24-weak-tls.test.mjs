/* Row 24: TLS that is weak or old. Two judges that know more attacks than we do look at hufud; what
 * they find to be of medium severity or worse is a failure. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';

const run = promisify(execFile);

/* The severities of testssl that are none; WARN is a test that it could not make. */
const harmless = ['OK', 'INFO', 'LOW'];

describe('weak TLS', { skip: skipDaemon('sslscan', 'testssl') }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon();
    });

    after(() => daemon?.stop());

    async function sslscan() {
        const { stdout } = await run('sslscan', [
            '--no-colour', '--sni-name=localhost', `127.0.0.1:${daemon.port}`]);
        const protocols = [...stdout.matchAll(/^((?:SSL|TLS)v\S+) +(enabled|disabled)$/gm)];
        return {
            protocols: Object.fromEntries(protocols.map(([, name, state]) => [name, state])),
            ciphers: [...stdout.matchAll(/^(?:Preferred|Accepted) +(TLSv\S+) +\d+ bits +(\S+)/gm)]
                .map(([, protocol, name]) => `${protocol} ${name}`),
            text: stdout,
        };
    }

    const modern = {
        SSLv2: 'disabled', SSLv3: 'disabled', 'TLSv1.0': 'disabled', 'TLSv1.1': 'disabled',
        'TLSv1.2': 'enabled', 'TLSv1.3': 'enabled',
    };

    test('sslscan sees TLS 1.2 and 1.3 with AEAD and ECDHE, and nothing else', async () => {
        const { protocols, ciphers, text } = await sslscan();
        assert.deepEqual(protocols, modern, text);
        assert.ok(ciphers.length >= 4, text);
        for (const cipher of ciphers) {
            assert.match(cipher, /^TLSv1\.(3 TLS_|2 ECDHE-ECDSA-)(AES.*[-_]GCM|CHACHA20)[-_]/);
        }
        assert.match(text, /renegotiation not supported/i);
        assert.doesNotMatch(text, /^TLSv\S+ vulnerable/m); /* not vulnerable to heartbleed */
    });

    test('sslscan sees what hufu.ini allows an old program, and that it is all', async () => {
        await daemon.configure({ tls: { min: '1.1' } });
        const { protocols, ciphers, text } = await sslscan();
        assert.deepEqual(protocols, { ...modern, 'TLSv1.1': 'enabled' }, text);
        assert.deepEqual(ciphers.filter((cipher) => cipher.startsWith('TLSv1.1')).sort(),
            ['TLSv1.1 ECDHE-ECDSA-AES128-SHA', 'TLSv1.1 ECDHE-ECDSA-AES256-SHA'], text);
        assert.deepEqual(ciphers.filter((cipher) => /SHA$/.test(cipher)).length, 2, text);
        await daemon.configure();
    });

    /* Protocols, ciphers, preferences, vulnerabilities. Not asked: what is said of the name and
     * the issuer of a certificate that vouches for localhost alone, and of HTTP headers (HSTS on
     * localhost would harm the other servers of this computer). */
    test('testssl finds nothing of medium severity', { timeout: 240_000 }, async () => {
        const report = join(daemon.sandbox.folder, 'testssl.json');
        const seconds = ['--openssl-timeout', '10', '--connect-timeout', '10'];
        await run('testssl', [
            '--quiet', '--color', '0', '--warnings', 'off', '--ip', '127.0.0.1', '--nodns', 'none',
            ...seconds, '--jsonfile', report, '--protocols', '--std', '--server-preference',
            '--vulnerable', `localhost:${daemon.port}`,
        ], { cwd: daemon.sandbox.folder });
        const findings = JSON.parse(await readFile(report, 'utf8'));
        const finding = (id) => findings.find((one) => one.id === id)?.finding;
        assert.match(finding('TLS1_3'), /^offered/);
        assert.equal(finding('cipherlist_STRONG'), 'offered');
        assert.match(finding('heartbleed'), /^not vulnerable/);
        assert.match(finding('RC4'), /^not vulnerable/); /* the last one: none was left out */
        const worse = findings.filter(({ severity }) => !harmless.includes(severity));
        /* where OpenSSL was installed without its engines, testssl says so of itself */
        assert.deepEqual(worse.filter(({ id }) => id !== 'engine_problem'), []);
    });
});

/* Row 8: what hufu puts into the user's trust vouches for other servers. CVE-2015-2077, eDellRoot,
 * AutoFirma. T-08, T-38. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { openNamespace, skipNamespace } from '../lib/namespace.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';
import { startVisit } from './site.mjs';

const evil = 'evil.example';

/* The build without sanitizers: with them, a core has terabytes. */
const authority = join(process.env.HUFU_PLAIN ?? join(programs, '..'), 'tests/unit/test_authority');
const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g;

function run(program, ...args) {
    const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(error, undefined, program);
    return { status, text: stdout + stderr };
}

function succeed(...command) {
    const { status, text } = run(...command);
    assert.equal(status, 0, text);
}

/* A certificate for evil.example that the key of the leaf signed: { pem, key, chain }. */
function makeChild(daemon) {
    const file = (name) => join(daemon.sandbox.folder, `child.${name}`);
    const leafKey = daemon.certificate.replace(/pem$/, 'key');
    writeFileSync(file('ext'), `subjectAltName=DNS:${evil},DNS:localhost\n`
        + 'extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n');
    succeed('openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-keyout', file('key'), '-out', file('csr'), '-subj', `/CN=${evil}`);
    succeed('openssl', 'x509', '-req', '-in', file('csr'), '-CA', daemon.certificate, '-CAkey',
        leafKey, '-set_serial', '7', '-days', '30', '-extfile', file('ext'), '-out', file('pem'));
    writeFileSync(file('chain'), readFileSync(file('pem'), 'utf8')
        + readFileSync(daemon.certificate, 'utf8'));
    return { pem: file('pem'), key: file('key'), chain: file('chain') };
}

/* Of the leaf's two forms: what a program trusts that has no store of browsers, and how to get
 * there. Root's part of `hufu trust install --system` is not needed, only its private namespace. */
const forms = [
    { form: 'alone', anchor: ({ certificate }) => certificate, prepare: async () => {} },
    { form: 'of an authority', needs: ['/usr/sbin/update-ca-certificates'], root: true,
        anchor: ({ certificate, sandbox }) => {
            const file = join(sandbox.folder, 'authority.pem');
            writeFileSync(file, readFileSync(certificate, 'utf8').match(pem)[1]);
            return file;
        },
        prepare: giveAuthority },
];

/* Afterwards the browsers' stores have the new leaf, and hufud serves it. */
async function giveAuthority({ sandbox }) {
    const namespace = await openNamespace();
    try {
        const { code, text } = await namespace.run(join(programs, 'hufu'),
            ['trust', 'install', '--system'], { HOME: sandbox.home });
        assert.equal(code, 0, text);
    } finally {
        await namespace.close();
    }
    await sandbox.hufu('trust', 'install');
}

for (const { form, needs = [], root, anchor, prepare } of forms) {
    const skip = skipDaemon('certutil', ...needs) || (root && skipNamespace);
    describe(`the certificate for localhost, ${form}`, { skip }, () => {
        let daemon;
        let child;
        let trusted;

        before(async () => {
            daemon = await startDaemon();
            await prepare(daemon);
            trusted = anchor(daemon);
            child = makeChild(daemon);
        });

        after(() => daemon?.stop());

        /* Of each judge: how it says of `pem` that it is good for `host`. */
        const judges = {
            openssl: (pem, host) => run('openssl', 'verify', '-partial_chain', '-CAfile', trusted,
                '-purpose', 'sslserver', '-verify_hostname', host, '-untrusted', child.chain, pem),
            certtool: (pem, host) => run('certtool', '--verify', '--load-ca-certificate', trusted,
                '--verify-hostname', host, '--verify-purpose', '1.3.6.1.5.5.7.3.1', '--infile',
                pem === child.pem ? child.chain : pem),
            vfychain: (pem) => run('vfychain', '-d',
                `sql:${join(daemon.sandbox.home, '.local/share/pki/nssdb')}`, '-u', '1', '-pp', '-a',
                pem, ...pem === child.pem ? [daemon.certificate] : []),
        };
        for (const [judge, verify] of Object.entries(judges)) {
            test(`vouches for itself alone, says ${judge}`, { skip: skipWithout(judge) }, () => {
                if (judge !== 'certtool' || root) { /* GnuTLS wants a CA: no leaf alone for it */
                    assert.equal(verify(daemon.certificate, 'localhost').status, 0);
                }
                for (const host of [evil, 'localhost']) {
                    assert.notEqual(verify(child.pem, host).status, 0, host);
                }
                if (judge !== 'vfychain') { /* which knows no host */
                    assert.notEqual(verify(daemon.certificate, evil).status, 0);
                }
            });
        }

        test('has the only key in the home, and that is the user\'s alone', () => {
            const files = readdirSync(daemon.sandbox.home, { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile())
                .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
            const keys = files.filter((file) => readFileSync(file).includes('PRIVATE KEY'));
            assert.deepEqual(keys, [daemon.certificate.replace(/pem$/, 'key')]);
            assert.equal(statSync(keys[0]).mode & 0o777, 0o600);
            const { text } = run('openssl', 'x509', '-in', daemon.certificate, '-noout', '-text');
            assert.match(text, /CA:FALSE/);
            assert.doesNotMatch(text, /Certificate Sign/);
        });

        test('is another one, with another key, for each user', async () => {
            const other = await startDaemon();
            const [mine, theirs] = [daemon, other].map(({ certificate }) => (
                run('openssl', 'x509', '-in', certificate, '-noout', '-pubkey', '-serial').text));
            await other.stop();
            assert.notEqual(mine, theirs);
        });
    });
}

const visits = browsers.flatMap((browser) => forms.map((form) => ({ browser, ...form })));
for (const { browser, form, needs = [], root, prepare } of visits) {
    const skip = skipDaemon('certutil', ...needs) || (root && skipNamespace)
        || skipWithout(...browser.needs);
    describe(`the certificate for localhost, ${form}, in ${browser.name}`, { skip }, () => {
        let visit;
        let impostor;

        before(async () => {
            visit = await startVisit(browser, { host: evil, setUp: prepare });
            const { chain, key } = makeChild(visit.daemon);
            impostor = createServer({ cert: readFileSync(chain), key: readFileSync(key) },
                (request, response) => response.end('impostor'));
            impostor.listen(0, '127.0.0.1');
            await once(impostor, 'listening');
        });

        after(async () => {
            impostor?.close();
            impostor?.closeAllConnections();
            await visit?.stop();
        });

        const open = async (address) => {
            const page = await visit.opened.newPage();
            try {
                return (await page.goto(address)).status();
            } finally {
                await page.close();
            }
        };

        test('is trusted for localhost', async () => {
            assert.equal(await open(`https://localhost:${visit.daemon.port}/`), 405);
        });

        test('vouches for no other', async () => {
            const { port } = impostor.address();
            for (const host of [evil, 'localhost', '127.0.0.1']) {
                await assert.rejects(open(`https://${host}:${port}/`), host);
            }
            await assert.rejects(open(`https://${evil}:${visit.daemon.port}/`));
        });
    });
}

describe('the key of an authority', { skip: skipWithout(authority, 'gcore') }, () => {
    test('is in no file, no core dump and no memory once the leaf is there', () => {
        const { status, text } = run('env', 'CMOCKA_MESSAGE_OUTPUT=TAP', authority);
        assert.equal(status, 0, text);
        for (const what of ['', '_in_files', '_in_a_core_dump']) {
            assert.match(text, new RegExp(`^ok \\d+ - leaves_no_key${what}$`, 'm'));
        }
    });
});

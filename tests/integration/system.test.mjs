/* The system's store, in a namespace of its own: the authority goes in, programs trust hufud by it,
 * and it comes out without a trace. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { openNamespace, skipNamespace } from '../lib/namespace.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const hufuProgram = join(programs, 'hufu');
const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g;

/* Runs `hufu trust VERB --system --json`; resolves with the store's answer. */
async function trust(namespace, verb, env, ...more) {
    const { code, text } = await namespace.run(hufuProgram,
        ['trust', verb, '--system', '--json', ...more], env);
    const { stores: [store], ok } = JSON.parse(text);
    assert.equal(code, ok ? 0 : 1, text);
    return store;
}

describe('the system\'s store of Debian', {
    skip: skipNamespace || skipDaemon('/usr/sbin/update-ca-certificates'),
}, () => {
    let daemon;
    let namespace;
    let env;

    before(async () => {
        daemon = await startDaemon();
        namespace = await openNamespace();
        env = { HOME: daemon.sandbox.home };
        await namespace.run('update-ca-certificates', ['--fresh']); /* as Debian's own would be */
    });

    after(async () => {
        await namespace?.close();
        await daemon?.stop();
    });

    /* What the programs of the system's store write to; the real /etc shows through elsewhere. */
    const listing = async () => (await namespace.run('bash', ['-c',
        'cd / && find etc/ssl etc/ca-certificates* usr/local/share/ca-certificates'
        + ' -printf "%p %m %l\\n" | sort;'
        + ' sha256sum /etc/ssl/certs/ca-certificates.crt'])).text;

    /* The lines that only one of two listings has. */
    const differences = (a, b) => [[a, b], [b, a]].flatMap(([one, other]) => {
        const lines = new Set(other.split('\n'));
        return one.split('\n').filter((line) => !lines.has(line));
    });

    const assertSame = async (before) => assert.deepEqual(differences(before, await listing()), []);

    /* Of each program: whether it trusts hufud as `host`, by nothing but the system's store. */
    const clients = {
        openssl: (host) => ['openssl', ['s_client', '-brief', '-verify_return_error',
            '-CAfile', '/etc/ssl/certs/ca-certificates.crt',
            ...host === 'localhost' ? ['-verify_hostname', host] : ['-verify_ip', host],
            '-connect', `${host}:${daemon.port}`]],
        curl: (host) => ['curl', ['-sS', '--noproxy', '*', '-o', '/dev/null', `https://${host}:${daemon.port}/`]],
        'gnutls-cli': (host) => ['bash', ['-c', 'gnutls-cli --port "$1" "$2" </dev/null', 'bash',
            `${daemon.port}`, host]],
        wget: (host) => ['bash', ['-c', 'wget --no-proxy -qO- "https://$2:$1/"; [ $? != 5 ]', 'bash',
            `${daemon.port}`, host]],
    };
    const installed = Object.keys(clients).filter((name) => !skipWithout(name));

    async function assertTrust(expected) {
        for (const client of installed) {
            for (const host of ['localhost', '127.0.0.1']) {
                const { code, text } = await namespace.run(...clients[client](host));
                assert.equal(code === 0, expected, `${client} ${host}: ${text}`);
            }
        }
    }

    test('is changed by install, trusted by programs, and left as it was by remove', async () => {
        const start = await listing();
        assert.equal((await trust(namespace, 'install', env, '--dry-run')).state, 'added');
        await assertSame(start);
        await assertTrust(false);

        assert.equal((await trust(namespace, 'install', env)).state, 'added');
        await daemon.reload();
        await assertTrust(true);
        const status = await trust(namespace, 'status', env);
        assert.deepEqual([status.state, status.handshake], ['trusted', 'passed']);
        const middle = await listing();
        assert.equal((await trust(namespace, 'install', env)).state, 'trusted');
        await assertSame(middle);

        assert.equal((await trust(namespace, 'remove', env)).state, 'removed');
        await assertSame(start);
        await assertTrust(false);
        assert.equal((await trust(namespace, 'remove', env)).state, 'absent');
    });

    test('is told in words, with one next step', async () => {
        const say = async (verb) => (await namespace.run(hufuProgram, ['trust', verb, '--system'],
            { ...env, LC_ALL: 'C' })).text.replace(/ +/g, ' ');
        const folder = '/usr/local/share/ca-certificates';
        assert.equal(await say('status'),
            `not trusted System ${folder}\nRun: sudo hufu trust install --system\n`);
        assert.equal(await say('install'), `added System ${folder}\n`);
        await until('the new leaf in hufud', async () => (
            await say('status') === `trusted System ${folder}\n`));
        assert.equal(await say('remove'), `removed System ${folder}\n`);
    });

    test('takes the next authority when the leaf is lost, and drops the old one', async () => {
        await trust(namespace, 'install', env);
        writeFileSync(daemon.certificate.replace(/pem$/, 'key'), '');
        const before = await listing();
        assert.equal((await trust(namespace, 'install', env)).state, 'added');
        const after = await listing();
        const changed = differences(before, after).filter((line) => line.includes('hufu-'));
        assert.equal(changed.length, 6, changed.join('\n')); /* a file and its links go and come */
        await trust(namespace, 'remove', env);
    });

    test('is told apart from browsers: the leaf is theirs all the same', async () => {
        await trust(namespace, 'install', env);
        const report = JSON.parse(await daemon.sandbox.hufu('trust', 'install', '--json'));
        assert.ok(report.ok);
        assert.ok(report.stores.every(({ kind }) => kind !== 'system'));
        await trust(namespace, 'remove', env);
    });

    test('is root\'s', async () => {
        const { code, text } = await namespace.run('setpriv',
            ['--reuid', '65534', '--clear-groups', 'cat', hufuProgram]);
        if (code !== 0) {
            return assert.match(text, /denied/); /* a checkout that is closed to others */
        }
        const answer = await namespace.run('setpriv', ['--reuid', '65534', '--clear-groups',
            hufuProgram, 'trust', 'install', '--system', '--json'], { HOME: '/nonexistent' });
        const { stores: [store] } = JSON.parse(answer.text);
        assert.deepEqual([store.state, store.detail], ['refused', 'only root may change it']);
    });

    describe('for a user who runs sudo', () => {
        const uid = 54321;
        let home;
        let sudo;

        before(async () => {
            home = join(daemon.sandbox.folder, 'of the user');
            sudo = { HOME: '/', SUDO_UID: uid };
            const made = await namespace.run('bash', ['-ec', `
                chmod 711 "$2"; mkdir "$1"; chown ${uid}:${uid} "$1"
                echo "hufutest:x:${uid}:${uid}::$1:/bin/sh" >>/etc/passwd`, 'bash', home,
            daemon.sandbox.folder]);
            assert.equal(made.code, 0, made.text);
        });

        const leaf = () => join(home, '.local/share/hufu/tls/leaf.pem');

        test('takes what the user\'s own process made', async () => {
            assert.equal((await trust(namespace, 'install', sudo)).state, 'added');
            assert.equal(statSync(leaf()).uid, uid);
            assert.equal(statSync(leaf().replace(/pem$/, 'key')).uid, uid);
            assert.ok(new RegExp(`hufu-${uid}-[0-9a-f]{16}\\.crt 644`).test(await listing()));
        });

        /* Two users do not disturb each other; root alone takes everything back. */
        test('leaves other users theirs', async () => {
            assert.equal((await trust(namespace, 'install', env)).state, 'added');
            assert.equal((await trust(namespace, 'remove', sudo)).state, 'removed');
            assert.ok((await listing()).includes('hufu-0-'));
            assert.equal((await trust(namespace, 'install', sudo)).state, 'added');
            assert.equal((await trust(namespace, 'remove', env)).state, 'removed');
            assert.ok(!(await listing()).includes('hufu-'));
        });

        /* The user's files are consistent, but the authority is one that the user made. */
        test('takes nothing wider', async () => {
            const start = await listing();
            const made = await namespace.run('bash', ['-ec', `cd "$1"
                subject='/CN=hufu authority (mei@desk) 01020304'
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key \\
                    -out ca.pem -days 30 -subj "$subject" -addext keyUsage=critical,keyCertSign
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key \\
                    -out leaf.csr -subj '/CN=hufu localhost'
                openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 200 \\
                    -out leaf.pem
                folder=.local/share/hufu/tls
                cat leaf.pem ca.pem >$folder/leaf.pem
                install -m 600 leaf.key $folder/leaf.key
                chown -R ${uid}:${uid} .local`, 'bash', home]);
            assert.equal(made.code, 0, made.text);
            const store = await trust(namespace, 'install', sudo);
            assert.equal(store.state, 'refused');
            assert.equal(store.detail, 'the user has no authority that may be added');
            await assertSame(start);
        });
    });
});

/* Debian's p11-kit, told to read Fedora's folders, and of update-ca-trust the line that makes the
 * bundle for TLS: so far it is Fedora's. Fedora itself is not here. */
describe('the system\'s store of Fedora', {
    skip: skipNamespace || skipDaemon('/usr/bin/trust'),
}, () => {
    let daemon;
    let namespace;
    const bundle = '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem';

    before(async () => {
        daemon = await startDaemon();
        namespace = await openNamespace();
        const made = await namespace.run('bash', ['-ec', `
            mv /usr/local/share/ca-certificates /usr/local/share/elsewhere
            mkdir -p /etc/pki/ca-trust/source/anchors /etc/pkcs11/modules \${0%/*}
            echo 'x-init-reserved: paths=/etc/pki/ca-trust/source' >/etc/pkcs11/modules/p11-kit-trust.module
            sed '/x-init-reserved/d' /usr/share/p11-kit/modules/p11-kit-trust.module \\
                >>/etc/pkcs11/modules/p11-kit-trust.module
            printf '%s\\n' '#!/bin/sh' "exec trust extract --format=pem-bundle \\\\
                --filter=ca-anchors --purpose=server-auth --overwrite $0" >/usr/bin/update-ca-trust
            chmod 755 /usr/bin/update-ca-trust
            cp /etc/ssl/certs/ISRG_Root_X1.pem /etc/pki/ca-trust/source/anchors/another.pem
            update-ca-trust extract`, bundle]);
        assert.equal(made.code, 0, made.text);
    });

    after(async () => {
        await namespace?.close();
        await daemon?.stop();
    });

    const read = async () => (await namespace.run('cat', [bundle])).text;

    test('is changed by install and left as it was by remove', async () => {
        const env = { HOME: daemon.sandbox.home };
        const start = await read();
        assert.equal(start.match(certificates).length, 1);
        const { state, path } = await trust(namespace, 'install', env);
        assert.deepEqual([state, path], ['added', '/etc/pki/ca-trust/source/anchors']);
        const [, authority] = readFileSync(daemon.certificate, 'utf8').match(certificates);
        assert.ok((await read()).includes(authority));
        const verified = await namespace.run('openssl', ['verify', '-purpose', 'sslserver',
            '-verify_hostname', 'localhost', '-CAfile', bundle, daemon.certificate]);
        assert.equal(verified.code, 0, verified.text);
        assert.equal((await trust(namespace, 'status', env)).state, 'trusted');
        assert.equal((await trust(namespace, 'remove', env)).state, 'removed');
        assert.equal(await read(), start);
    });
});

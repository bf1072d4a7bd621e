/* Web sites for tests: https on a free loopback port, under a name that only a test browser
 * resolves, vouched for by a certificate authority that only a test browser knows. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startServer } from '../../web/demo/server.mjs';

const run = promisify(execFile);

export const portalHost = 'portal.example.tw';

function requestConfig(extensions) {
    return ['[req]', 'distinguished_name = name', 'x509_extensions = extensions', 'prompt = no',
        '[name]', 'CN = hufu test', '[extensions]', ...extensions, ''].join('\n');
}

async function makeCertificate(folder, name, extensions, issuer = []) {
    const file = (suffix) => join(folder, `${name}.${suffix}`);
    await writeFile(file('cnf'), requestConfig(extensions));
    await run('openssl', ['req', '-x509', '-config', file('cnf'), '-days', '2', '-nodes',
        '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-keyout', file('key'), '-out', file('pem'), ...issuer]);
    return { cert: file('pem'), key: file('key') };
}

/* Makes an authority and a server certificate for `hosts`; resolves with { ca, cert, key }. */
export async function makeIdentity(folder, hosts) {
    await mkdir(folder, { recursive: true });
    const authority = await makeCertificate(folder, 'authority',
        ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign']);
    const server = await makeCertificate(folder, 'server',
        ['basicConstraints = CA:FALSE', 'extendedKeyUsage = serverAuth',
            `subjectAltName = ${hosts.map((host) => `DNS:${host}`).join(', ')}`],
        ['-CA', authority.cert, '-CAkey', authority.key]);
    return { ca: authority.cert, ...server };
}

/* Serves the pages of `folder` as https://HOST; further options as of startServer. */
export async function startPortal({ folder, identity, host = portalHost, ...options }) {
    const origin = `https://${host}`;
    const [cert, key] = await Promise.all([readFile(identity.cert), readFile(identity.key)]);
    const server = await startServer({ folder, cert, key, origin, ...options });
    return { host, origin, ...server };
}

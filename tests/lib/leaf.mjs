/* Leaves with the properties of hufu's own, but with an end that a test chooses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const settings = (folder) => `[ca]
default_ca = leaf
[leaf]
database = ${folder}/index.txt
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
[req]
distinguished_name = any
`;

/* As `openssl ca` takes it: 20260102030405Z. */
const stamp = (milliseconds) => new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');

/* Replaces FOLDER/NAME.pem and NAME.key, the key first; valid since an hour ago until `end`. */
export function writeLeaf(folder, name, end) {
    const scratch = mkdtempSync(join(tmpdir(), 'hufu-leaf-'));
    const file = (ending) => join(scratch, `${name}.${ending}`);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
        writeFileSync(file('cnf'), settings(scratch));
        writeFileSync(join(scratch, 'index.txt'), '');
        openssl('req', '-new', '-config', file('cnf'), '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key'), '-out', file('csr'),
            '-subj', `/CN=hufu localhost test ${name}`);
        openssl('ca', '-batch', '-notext', '-selfsign', '-config', file('cnf'), '-keyfile',
            file('key'), '-in', file('csr'), '-out', file('pem'),
            '-startdate', stamp(Date.now() - 3600_000), '-enddate', stamp(end));
        for (const half of ['key', 'pem']) {
            execFileSync('cp', [file(half), join(folder, `${name}.${half}.new`)]);
            renameSync(join(folder, `${name}.${half}.new`), join(folder, `${name}.${half}`));
        }
    } finally {
        rmSync(scratch, { recursive: true });
    }
}

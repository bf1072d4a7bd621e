/* Verifies a PKCS#7 signature with the openssl program: an answer from outside hufu. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const timeout = 10_000;

function openssl(args) {
    return new Promise((resolve) => {
        execFile('openssl', args, { timeout }, (error, stdout, stderr) => {
            resolve({ ok: !error, stdout, stderr });
        });
    });
}

function describeKey({ asymmetricKeyType, asymmetricKeyDetails }) {
    const { modulusLength, namedCurve } = asymmetricKeyDetails;
    return `${asymmetricKeyType.toUpperCase()} ${modulusLength ?? namedCurve}`;
}

async function readSigner(file) {
    const certificate = new X509Certificate(await readFile(file));
    return {
        subject: certificate.subject.replaceAll('\n', ', '),
        key: describeKey(certificate.publicKey),
    };
}

/* openssl's own listing is the only place that shows the signed attributes. */
async function readAttributes(file) {
    const listing = await openssl(
        ['cms', '-cmsout', '-print', '-noout', '-inform', 'DER', '-in', file]);
    const signer = listing.stdout.slice(listing.stdout.indexOf('signerInfos:'));
    const time = signer.match(/object: signingTime[\s\S]*?(?:UTCTIME|GENERALIZEDTIME):(.*)/i);
    const digest = signer.match(/digestAlgorithm:\s+algorithm: (\S+)/);
    return {
        time: time ? new Date(time[1]).toISOString() : '',
        digest: digest ? digest[1].replace(/^sha/, 'SHA-') : '',
    };
}

async function verifyIn(folder, der, caFile) {
    const file = (name) => join(folder, name);
    await writeFile(file('signature.p7s'), der);
    const verification = await openssl([
        'cms', '-verify', '-binary', '-inform', 'DER', '-in', file('signature.p7s'),
        '-CAfile', caFile, '-purpose', 'any',
        '-out', file('content'), '-signer', file('signer.pem')]);
    const report = verification.stderr.trim();
    if (!verification.ok) {
        return { verified: false, report };
    }
    const content = await readFile(file('content'));
    const { subject, key } = await readSigner(file('signer.pem'));
    const { time, digest } = await readAttributes(file('signature.p7s'));
    return {
        verified: true, report, content, signer: subject, time, algorithm: `${key}, ${digest}`,
    };
}

/* Resolves with { verified, report } and, where verified, { content, signer, time, algorithm }.
 * `caFile` holds, as PEM, the certificates that may vouch for a signer. */
export async function verifyCms(der, caFile) {
    const folder = await mkdtemp(join(tmpdir(), 'hufu-verify-'));
    try {
        return await verifyIn(folder, der, caFile);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

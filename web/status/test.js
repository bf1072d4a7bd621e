/* The test signature: what any website does with a card, in nine steps that a person can follow. */

import { CallError, connect } from './client.js';
import { steps } from './steps.js';
import { verify } from './verify.js';

const commonName = 0x10000;
const sha256 = 4;
const tripleOfPorts = 3;

/* What a window for the PIN can end with; everything else befell the signature. */
const pinCodes = new Set([5070, 5074, 9039, 9040, 9041, 9043, 9064, 61913]);

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/* 20260131235959+0800 */
function readDate(text) {
    const [, year, month, day, hour, minute, second, zoneHour, zoneMinute] = text.match(
        /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-]\d\d):?(\d\d)$/);
    return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zoneHour}:${zoneMinute}`);
}

function requireThat(condition, code) {
    if (!condition) {
        throw new CallError(code);
    }
}

/* `connect` fails in two ways: nobody answered whom the browser trusts, or hufud said a code. */
async function reach(ports) {
    try {
        return { service: await connect(ports) };
    } catch (error) {
        requireThat(error.code !== 61006, 'notTrusted');
        return { refusal: error };
    }
}

async function readCertificate(service) {
    const [certificate] = (await service.call('GPKI_EnumCerts', 0)).split(';');
    const from = readDate(await service.call('CAPICertGetNotBefore', certificate, 0));
    const date = readDate(await service.call('CAPICertGetNotAfter', certificate, 0));
    const name = await service.call('CAPICertGetSubject', certificate, commonName);
    requireThat(from <= new Date() && new Date() <= date, 'expired');
    return { name, date, der: bytesOf(certificate) };
}

/* The steps as a table: each adds to `run` what the next ones need, and resolves with facts to show. */
const actions = {
    async service(run) {
        requireThat(run.known.ports?.ports.length, 'notRunning');
        run.ports = run.known.ports.ports.slice(0, tripleOfPorts);
        return { ports: run.ports.join(', ') };
    },
    async trust(run) {
        Object.assign(run, await reach(run.ports));
        return { address: run.service?.address ?? 'localhost' };
    },
    async session({ refusal, service }) {
        if (refusal) {
            throw refusal;
        }
        return { version: service.version };
    },
    async reader({ service }) {
        const count = Number(await service.call('GPKI_GetSlotCount'));
        requireThat(count > 0, 'noReader');
        return { count };
    },
    async card({ service }) {
        await service.call('GPKI_DetectCard', 0);
        return {};
    },
    async certificate(run) {
        run.holder = await readCertificate(run.service);
        return { name: run.holder.name, date: run.holder.date };
    },
    async pin(run) {
        const start = performance.now();
        run.text = `Hufu ${new Date().toISOString()}`;
        try {
            run.signature = bytesOf(
                await run.service.call('GPKI_SignData', '', run.text, 'UTF-8', 0, sha256));
        } catch (error) {
            if (pinCodes.has(error.code)) {
                throw error;
            }
            run.failure = error;
        }
        run.seconds = (performance.now() - start) / 1000;
        return {};
    },
    async sign({ failure, signature, seconds }) {
        if (failure) {
            throw failure;
        }
        return { bytes: signature.length, seconds };
    },
    async verify({ signature, text, holder }) {
        const algorithm = await verify(signature, new TextEncoder().encode(text), holder.der)
            .catch(() => undefined);
        requireThat(algorithm, 'verification');
        return { algorithm };
    },
};

/* `report` hears of each step: its name, "running", "done" or "failed", and what it found: facts,
 * or { code } of texts.js or of hufu. Resolves with whether all succeeded. */
export async function testSignature(known, report) {
    const run = { known };
    try {
        for (const step of steps) {
            report(step, 'running', {});
            try {
                report(step, 'done', await actions[step](run));
            } catch (error) {
                report(step, 'failed', { code: error.code ?? 61001 });
                return false;
            }
        }
        return true;
    } finally {
        run.service?.release();
    }
}

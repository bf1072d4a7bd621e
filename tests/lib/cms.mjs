/* Judges signatures with the openssl program. */
import assert from 'node:assert/strict';

import { verifyCms } from '../../web/demo/verify.mjs';

/* Asserts that `base64` is a PKCS#7 over exactly `content` (text or bytes) by a signer that
 * `caFile` vouches for; resolves with { signer, time, algorithm, ... }. */
export async function assertSigned(base64, caFile, content) {
    const result = await verifyCms(Buffer.from(base64, 'base64'), caFile);
    assert.ok(result.verified, result.report);
    assert.deepEqual(result.content, Buffer.from(content));
    return result;
}

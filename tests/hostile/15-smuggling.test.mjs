/* Row 15: two readers of one request see different requests. T-15, and of T-44 what is in clear
 * inside TLS. Each attack is followed by a good request on the same connection: it must get one
 * answer, a refusal without a body, and nothing behind it may be read. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { changedRequest, echoBody, headerOf, sendToEnd } from '../lib/requests.mjs';

/* The request as lines, then its body; a change gets the lines and gives others. */
const line = (text) => (lines) => [...lines, text];
const instead = (start, text) => (lines) => lines.map(
    (one) => (one.startsWith(start) ? text : one));
const firstLine = (text) => ([, ...lines]) => [text, ...lines];
const lengthIs = (text) => instead('Content-Length', `Content-Length: ${text}`);
const all = (...changes) => (lines) => changes.reduce((some, change) => change(some), lines);
const chunked = (text) => all(instead('Content-Length', 'X-Length: 0'), line(text));

/* name: [change of the lines, what stands between two lines] */
const attacks = {
    /* how long the body is */
    'length and chunks': line('Transfer-Encoding: chunked'),
    'chunks': chunked('Transfer-Encoding: chunked'),
    'chunks in capitals': chunked('TRANSFER-ENCODING: CHUNKED'),
    'chunks after a tab': chunked('Transfer-Encoding:\tchunked'),
    'chunks before a comma': chunked('Transfer-Encoding: chunked,'),
    'chunks and identity': chunked('Transfer-Encoding: chunked, identity'),
    'identity': line('Transfer-Encoding: identity'),
    'an unknown coding': line('Transfer-Encoding: xchunked'),
    'no coding': line('Transfer-Encoding:'),
    'chunks with a space before the colon': line('Transfer-Encoding : chunked'),
    'chunks with a tab before the colon': line('Transfer-Encoding\t: chunked'),
    'chunks after a line without a name': line(': x\r\nTransfer-Encoding: chunked'),
    'chunks after a vertical tab': line('X: y\x0bTransfer-Encoding: chunked'),
    'chunks on a folded line': line('Transfer-Encoding:\r\n chunked'),
    'chunks after a bare line feed': line('X: y\nTransfer-Encoding: chunked'),
    'chunks after a bare carriage return': line('X: y\rTransfer-Encoding: chunked'),
    'chunks after NUL': line('X: y\0Transfer-Encoding: chunked'),
    'a length twice': (lines) => [...lines, lines.find((one) => one.startsWith('Content-Length'))],
    'two lengths': line('Content-Length: 0'),
    'two lengths in one': lengthIs('5, 5'),
    'a length with a plus sign': lengthIs('+5'),
    'a length with a minus sign': lengthIs('-5'),
    'a length in hexadecimal': lengthIs('0x5'),
    'a length with a fraction': lengthIs('5.0'),
    'a length with an exponent': lengthIs('5e0'),
    'a length with an underscore': lengthIs('1_0'),
    'a length with a space inside': lengthIs('1 0'),
    'a length with a letter behind': lengthIs('5a'),
    'an empty length': lengthIs(''),
    'a length that is no number': lengthIs('NaN'),
    'a length in other digits': lengthIs('５'),
    'a length past 64 bits': lengthIs('18446744073709551621'),
    'a length with a space before the colon': instead('Content-Length', 'Content-Length : 5'),
    'a length with NUL': lengthIs('5\0'),

    /* where a line ends, and what a header is */
    'a folded line': line('X: a\r\n b'),
    'a folded line with a tab': line('X: a\r\n\tb'),
    'a first header that is folded': ([first, ...lines]) => [first, ' X: a', ...lines],
    'a line that ends in a bare line feed': line('X: y\nZ: z'),
    'a bare carriage return': line('X: y\rZ: z'),
    'two carriage returns': line('X: y\r'),
    'NUL in a value': line('X: a\0b'),
    'NUL in a name': line('X\0Y: a'),
    'a control character in a value': line('X: a\x01b'),
    'a space before the colon': line('X : y'),
    'a space in a name': line('X Y: z'),
    'a name with a bracket': line('X(): y'),
    'a name beyond ASCII': line('Xé: y'),
    'no name': line(': y'),
    'no colon': line('XY'),

    /* the request line */
    'HTTP/0.9': firstLine('POST /'),
    'HTTP/1.2': firstLine('POST / HTTP/1.2'),
    'HTTP/2.0': firstLine('POST / HTTP/2.0'),
    'HTTP/1.10': firstLine('POST / HTTP/1.10'),
    'HTTP/01.1': firstLine('POST / HTTP/01.1'),
    'http in small letters': firstLine('POST / http/1.1'),
    'another protocol': firstLine('POST / ICAP/1.1'),
    'two spaces in the request line': firstLine('POST  / HTTP/1.1'),
    'tabs in the request line': firstLine('POST\t/\tHTTP/1.1'),
    'a space before the method': firstLine(' POST / HTTP/1.1'),
    'a space after the version': firstLine('POST / HTTP/1.1 '),
    'more after the version': firstLine('POST / HTTP/1.1 HTTP/1.1'),
    'a space in the path': firstLine('POST / / HTTP/1.1'),
    'NUL in the path': firstLine('POST /\0 HTTP/1.1'),
    'a bare carriage return in the request line': firstLine('POST /\r HTTP/1.1'),
    'no method': firstLine('/ HTTP/1.1'),
    'no request line': ([, ...lines]) => lines,
};

describe('a request that can be read in two ways:', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    function attack(change, lineEnd = '\r\n') {
        const [head, body] = `${changedRequest(page, {})}`.split('\r\n\r\n');
        const lines = change(head.split('\r\n'));
        return Buffer.from([...lines, '', body].join(lineEnd), 'latin1');
    }

    /* One refusal, and nothing else. */
    async function assertRefused(bytes) {
        const good = page.requestBytes(echoBody(page));
        const lines = await daemon.logOf(async () => {
            const response = await sendToEnd(page, Buffer.concat([bytes, good, good]));
            assert.ok([400, 403, 413, 431].includes(response.status), `${response.status}`);
            assert.deepEqual([response.body, response.rest], ['', '']);
            assert.equal(headerOf(response, 'Access-Control-Allow-Origin'), undefined);
        });
        assert.doesNotMatch(lines.join('\n'), /call:/);
    }

    for (const [name, change] of Object.entries(attacks)) {
        test(name, () => assertRefused(attack(change)));
    }

    test('bare line feeds everywhere', () => assertRefused(attack((lines) => lines, '\n')));

    test('bare carriage returns everywhere', () => assertRefused(attack((lines) => lines, '\r')));

    test('the preface of HTTP/2', () => (
        assertRefused(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))));

    test('binary noise', () => assertRefused(Buffer.from('\0\x01\x02\xff\r\n\r\n', 'latin1')));

    test('a line without end', () => (
        assertRefused(Buffer.from(`POST / HTTP/1.1\r\nX: ${'x'.repeat(64 * 1024)}`))));

    test('bytes behind the body are no part of it, and no request', async () => {
        const good = page.requestBytes(echoBody(page));
        const response = await sendToEnd(page, Buffer.concat([good, Buffer.from('X'.repeat(99)),
            Buffer.from('\r\n\r\n'), good]));
        assert.equal(response.status, 200);
        const answers = response.rest.match(/HTTP\/1\.1 \d+/g) ?? [];
        assert.ok(answers.length <= 1, response.rest);
        assert.doesNotMatch(response.rest, /SessionID/);
    });

    test('a body that is cut short is no request', async () => {
        const connection = await page.connect();
        const good = page.requestBytes(echoBody(page));
        connection.socket.end(good.subarray(0, -1));
        assert.doesNotMatch(`${await connection.closed()}`, /SessionID/);
    });

    test('HTTP/1.0 gets one answer at most, and the connection ends', async () => {
        const connection = await page.connect();
        await connection.write(Buffer.concat([attack(firstLine('POST / HTTP/1.0')),
            page.requestBytes(echoBody(page))]));
        const text = `${await connection.closed()}`;
        assert.ok((text.match(/HTTP\/1\.[01] \d+/g) ?? []).length <= 1, text);
    });

    test('two good requests in one piece get their two answers', async () => {
        const connection = await page.connect();
        const good = page.requestBytes(echoBody(page));
        await connection.write(Buffer.concat([good, good]));
        for (let i = 0; i < 2; i += 1) {
            assert.equal((await connection.receive()).status, 200);
        }
        connection.close();
    });
});

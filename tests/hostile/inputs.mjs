/* One input for each kind of answer that hufud has, and for each that its parser has. */
import { add, changedRequest, drop, fill, headers, set } from '../lib/requests.mjs';
import { formBody, pageHeaders, requestBytes } from '../lib/servisign.mjs';

/* { name: bytes }, for a page that has a session. */
export function inputsOf(page) {
    const changed = (change) => changedRequest(page, change);
    const raw = (text) => Buffer.from(text, 'latin1');
    const call = (functionname) => changed({ body: formBody({
        functionname, ...page.trailer() }) });
    return {
        'an echo': changed({}),
        'a call': call('GPKI_GetSlotCount'),
        'an unknown function': call('x'),
        'markup for a function': call('<script>alert(1)</script>'),
        'a refused function': call('GPKI_ReadFile'),
        'a value with markup': changed({ body: formBody({ functionname: 'getServiSignValue',
            channel: '<html>', ...page.trailer() }) }),
        'no form': changed({ body: '<html>' }),
        'nothing': changed({ body: '' }),
        'a preflight': changed({ method: 'OPTIONS', body: '' }),
        'an unknown origin': changed(set('Origin', 'https://evil.example')),
        'no origin': changed(drop('Origin')),
        'another host': changed(set('Host', 'evil.example')),
        'another path': changed({ target: '/<script>alert(1)</script>' }),
        'a page': changed({ method: 'GET', body: '', target: '/index.html' }),
        'a page that a browser navigates to': requestBytes({ method: 'GET', headers: [
            ...pageHeaders({ host: page.host, length: 0 }).slice(0, 1), ['Accept', 'text/html'],
            ['Sec-Fetch-Mode', 'navigate'], ['Sec-Fetch-Dest', 'document']] }),
        'HEAD': changed({ method: 'HEAD', body: '' }),
        'TRACE': changed({ method: 'TRACE', body: '' }),
        'another type': changed(set('Content-Type', 'text/html')),
        'a script for a service worker': changed({ method: 'GET', body: '', target: '/sw.js',
            ...add('Service-Worker', 'script') }),
        'a cookie': changed(add('Cookie', 'a=<html>; __Host-b=c')),
        'many headers': changed(fill(65)),
        'endless headers': raw(`POST / HTTP/1.1\r\nX: ${'x'.repeat(20 * 1024)}\r\n\r\n`),
        'a body that is too large': changed({ body: '',
            ...set('Content-Length', 8 * 1024 * 1024 + 1) }),
        'two lengths': changed(headers((list) => [...list, ['Content-Length', '1']])),
        'chunks': changed(add('Transfer-Encoding', 'chunked')),
        'noise': raw('\0\x01<html>\r\n\r\n'),
        'HTTP/0.9': raw('GET /\r\n\r\n'),
        'HTTP/1.0': raw('GET / HTTP/1.0\r\n\r\n'),
        'no colon': raw('POST / HTTP/1.1\r\n<html>\r\n\r\n'),
        'HTTP/3': raw('POST / HTTP/3\r\n\r\n'),
    };
}

/* Resolves with { status, headers, body } or, where hufud closes without a word, undefined. */
export async function answerTo(page, bytes) {
    const connection = await page.connect();
    const response = await connection.exchange(bytes).catch(() => undefined);
    connection.close();
    return response;
}

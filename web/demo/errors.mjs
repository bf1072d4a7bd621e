/* The table of codes for the page, from the one table that hufu itself is built from. */

/* Adjacent C strings are one string. */
function readStrings(source) {
    const strings = [''];
    for (const [token] of source.matchAll(/"(?:[^"\\]|\\.)*"|,/g)) {
        if (token === ',') {
            strings.push('');
        } else {
            strings[strings.length - 1] += JSON.parse(token);
        }
    }
    return strings;
}

/* From src/error/errors.def: { "9039": { en: [text, remedy], "zh-TW": [text, remedy] }, ... } */
export function readErrors(definitions) {
    const errors = {};
    const rows = definitions.split(/^HUFU_ERROR\(/m).slice(1);
    for (const row of rows) {
        const [, number, strings] = row.match(/^\w+, (\d+),([^]*)\)/);
        const [text, remedy, textZh, remedyZh] = readStrings(strings);
        errors[number] ??= { 'en': [text, remedy], 'zh-TW': [textZh, remedyZh] };
    }
    return errors;
}

/* The table of codes for the page, as hufu itself prints it. */

/* From `hufu errors --json`: { "9039": { en: [text, remedy], "zh-TW": [text, remedy] }, ... } */
export function readErrors(json) {
    return Object.fromEntries(JSON.parse(json).errors.map(({ code, text, remedy }) => [code,
        Object.fromEntries(Object.keys(text)
            .map((language) => [language, [text[language], remedy[language]]]))]));
}

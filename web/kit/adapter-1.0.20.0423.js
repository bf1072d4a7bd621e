'use strict';

/* Template 1.0.20.0423: text that is not exactly {...} counts as encrypted, and no page ever
 * shipped the cipher, so that path can only throw; 61908 ends the probing at once. */
templates['1.0.20.0423'] = {
    version: '1.0.20.0423',
    generated: '2021-05-04 10:00:00',
    echo: 'ServiSignEcho',
    readReply(text) {
        if (!text.startsWith('{') || !text.endsWith('}')) {
            throw new Error('encrypted reply without a cipher');
        }
        return JSON.parse(text);
    },
    stopsProbing: [61908],
};

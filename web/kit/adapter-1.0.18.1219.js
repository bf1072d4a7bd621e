'use strict';

/* Template 1.0.18.1219: parses whatever arrives, and goes on probing whatever code it gets. */
templates['1.0.18.1219'] = {
    version: '1.0.18.1219',
    generated: '2020-03-02 10:00:00',
    echo: 'Echo',
    readReply: JSON.parse,
    stopsProbing: [],
};

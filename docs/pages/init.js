// Starts Swagger UI on the service that this page came from, wherever that is mounted: in /prefix/docs, to /prefix.
"use strict";

const prefix = new URL(".", window.location.href).pathname.replace(/\/$/, "");

// The document says "/api/authors"; where that is, only the page knows.
const mounted = {
    statePlugins: {
        spec: {
            wrapActions: {
                updateJsonSpec: (update) => (document) =>
                    update(prefix ? { ...document, servers: [{ url: prefix }] } : document),
            },
        },
    },
};

window.ui = SwaggerUIBundle({
    url: "api/openapi.json",
    dom_id: "#document",
    plugins: [mounted],
    deepLinking: true,
    displayRequestDuration: true,
    validatorUrl: null, // no badge from elsewhere
});

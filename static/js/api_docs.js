// Shows the OpenAPI document with Swagger UI. Trials are sent with this page's CSRF token.

const place = document.getElementById("api-docs");
const csrfToken = document.querySelector('meta[name="csrf-token"]').content;

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-CSRFToken"] = csrfToken;
    }
    return request;
  },
});

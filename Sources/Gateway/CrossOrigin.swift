// Which web pages may read answers: the Fetch standard's CORS protocol, for origins that the configuration names.

internal import Configuration
internal import Pipeline

/// Tells browsers that pages of a configured origin may read an answer, and answers what browsers ask before a request.
///
/// An origin counts if it is a configured one byte for byte: no pattern, no `null`, nothing that only looks alike. To all
/// others an answer is what it would be without this, so their browsers keep it from the page.
struct CrossOrigin: Layer {
    /// What a page may read besides what the Fetch standard lets every page read.
    private static let exposed =
        "X-Request-Id, ETag, Date, Gateway-Parts, Server-Timing, Proxy-Status, Retry-After, "
        + "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"

    /// For each origin the fields of its answers, laid out once.
    private let answering: [String: [Response.Field]]
    /// The fields of the answer to its preflights.
    private let preflight: [String: [Response.Field]]

    /// Nil: no origin is configured, and no request needs to pass here.
    init?(_ settings: CORSSettings) {
        guard !settings.origins.isEmpty else { return nil }
        var answering: [String: [Response.Field]] = [:]
        var preflight: [String: [Response.Field]] = [:]
        for origin in settings.origins {
            var allowed = [Response.Field("Access-Control-Allow-Origin", origin)]
            if settings.credentials { allowed.append(Response.Field("Access-Control-Allow-Credentials", "true")) }
            answering[origin] = allowed + [Response.Field("Access-Control-Expose-Headers", Self.exposed)]
            preflight[origin] =
                allowed + [
                    Response.Field("Access-Control-Allow-Methods", "GET, HEAD"),
                    // All that mean something here; a page that asks for another is told no by its browser.
                    Response.Field(
                        "Access-Control-Allow-Headers",
                        "Authorization, If-None-Match, X-Request-Id, X-Request-Timeout-Ms, traceparent, tracestate"),
                    Response.Field("Access-Control-Max-Age", String(settings.maxAge.components.seconds)),
                    Response.Field("Vary", "Origin, Access-Control-Request-Method"),
                ]
        }
        self.answering = answering
        self.preflight = preflight
    }

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        guard let origin = request.origin else { return try await next.answer(request) }
        if request.isPreflight, request.refused == nil { return answerPreflight(request, from: origin) }
        var response = try await next.answer(request)
        if let fields = answering[origin] { response.fields += fields }
        return response
    }

    /// Without a credential, since browsers send none; and whatever the path, so that routes are not told to strangers.
    private func answerPreflight(_ request: Request, from origin: String) -> Response {
        if let fields = preflight[origin] { return Response(status: 204, fields: fields) }
        // For the log: a page that cannot read answers shows nothing of the reason.
        let failure = Failure(.forbidden, .downstream, "the origin is not among server.cors.origins")
        request.record?.value.failure = failure
        return Rescue.response(failure, notFound: nil, closes: false)
    }
}

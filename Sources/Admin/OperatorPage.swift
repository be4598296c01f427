// The operator's page: one HTML file with its style and scripts inside, compiled in, so that it is there when nothing else is.

internal import Pipeline

/// Puts the page together from `Sources/Admin/Page`.
enum OperatorPage {
    /// The page before its nonce: `NONCE` stands where it is to be.
    private static let template: String = {
        let script = [
            PackageResources.figures_js, PackageResources.graph_js, PackageResources.waterfall_js,
            PackageResources.page_js,
        ].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        return String(decoding: PackageResources.page_html, as: UTF8.self)
            .replacing("STYLE", with: String(decoding: PackageResources.page_css, as: UTF8.self), maxReplacements: 1)
            .replacing("SCRIPT", with: script, maxReplacements: 1)
    }()

    /// The page, and what a browser may do with it: run this script, use this style, ask this address, and nothing else.
    static func response() -> Response {
        var random = SystemRandomNumberGenerator()
        // New each time: what somebody slipped into the page could not know it.
        let nonce = Hex.lower(random.next()) + Hex.lower(random.next())
        let policy = [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'", "connect-src 'self'",
            "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ]
        return Response(
            status: 200,
            fields: [
                Response.Field("Content-Type", "text/html; charset=utf-8"),
                Response.Field("Content-Security-Policy", policy.joined(separator: "; ")),
                Response.Field("Referrer-Policy", "no-referrer"),
                Response.Field("Cross-Origin-Opener-Policy", "same-origin"),
            ], body: Array(template.replacing("NONCE", with: nonce).utf8))
    }
}

// The one answer the edge makes itself: to a connection that is one too many, for which nothing further is spent.

internal import Pipeline

extension Response {
    /// 503, in the form of every failure of the gateway.
    static func turnedAway(id: String) -> Response {
        Response(
            status: 503,
            fields: [
                Field("Content-Type", "application/json"),
                Field("Cache-Control", "no-store"),
                Field("Retry-After", "1"),
                Field("X-Request-Id", id),
                Field("X-Content-Type-Options", "nosniff"),
            ],
            body: Array(#"{"error":"Too many connections"}"#.utf8))
    }
}

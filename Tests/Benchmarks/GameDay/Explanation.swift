// Which errors the contract allows: a status and the word that stands for it in `Proxy-Status`. What is not in this table
// is a fault of the gateway, whatever the upstreams did.

enum Explanation {
    /// The words that may come with a status when upstreams fail; nil: none comes.
    private static let table: [Int: Set<String?>] = [
        502: [
            nil, "connection_refused", "connection_terminated", "dns_error", "tls_protocol_error",
            "http_response_incomplete", "http_protocol_error", "http_response_body_size",
        ],
        503: ["destination_unavailable", "connection_limit_reached"],
        504: ["connection_timeout", "connection_read_timeout"],
    ]

    static func isKnown(status: Int, error: String?) -> Bool {
        status == 200 || table[status]?.contains(error) == true
    }
}

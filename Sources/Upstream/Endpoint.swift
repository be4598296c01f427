// One address of an upstream.

internal import CCurl
internal import Configuration

/// An endpoint, with its URL parsed once: libcurl would otherwise take it apart for each call. Used on its loop's thread
/// only.
final class Endpoint {
    private let url: OpaquePointer
    private let unixSocket: String?
    /// The value of `Host`: the port is left out where it is the scheme's own (RFC 9110, section 4.2).
    let authority: String
    /// Nil: it has one address.
    let host: NamedHost?

    /// - Parameter host: the name's addresses.
    init(_ settings: UpstreamSettings.Endpoint, host: (String) -> NamedHost? = { NamedHost($0) }) {
        guard let handle = curl_url() else { preconditionFailure("libcurl has no memory for a URL.") }
        url = handle
        let text: String
        switch settings {
        case .url(let address): (text, unixSocket) = (address, nil)
        case .unix(let path): (text, unixSocket) = ("http://localhost", path)
        }
        let code = curl_url_set(url, CURLUPART_URL, text, 0)
        precondition(
            code == CURLUE_OK, "libcurl refused an endpoint that the configuration allows, code \(code.rawValue).")
        let port = Self.part(CURLUPART_PORT, of: url, UInt32(CURLU_NO_DEFAULT_PORT))
        let name = Self.part(CURLUPART_HOST, of: url) ?? "localhost"
        authority = name + (port.map { ":" + $0 } ?? "")
        self.host = unixSocket == nil ? host(name) : nil
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    deinit { curl_url_cleanup(url) }

    func configure(_ easy: borrowing EasyHandle) {
        easy.set(CURLOPT_CURLU, UnsafeRawPointer(url))
        if let unixSocket { easy.set(CURLOPT_UNIX_SOCKET_PATH, unixSocket) }
    }
}

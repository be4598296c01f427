// What every transfer to one upstream has in common.

internal import CCurl
internal import Configuration

/// The options of an upstream, as libcurl takes them.
struct TransferSettings {
    let connectTimeout: Duration
    let attempt: Duration
    let maxBody: Int
    private let upstream: UpstreamSettings
    private let sends: String?

    /// - Parameter sends: the media type of bodies that are sent; nil: none are.
    init(_ upstream: UpstreamSettings, sends: String? = nil) {
        self.upstream = upstream
        self.sends = sends
        connectTimeout = upstream.timeouts.connect
        attempt = upstream.timeouts.attempt
        maxBody = upstream.maxBody
    }

    func configure(_ easy: borrowing EasyHandle) {
        // Signals are process-wide, and threads have their own timers here.
        easy.set(CURLOPT_NOSIGNAL, 1)
        // Nothing an upstream says may lead the gateway elsewhere.
        easy.set(CURLOPT_FOLLOWLOCATION, 0)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_HTTP09_ALLOWED, 0)
        easy.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        // No look at the environment's proxy settings, call for call.
        easy.set(CURLOPT_PROXY, "")
        easy.set(CURLOPT_NOPROXY, "*")
        easy.set(CURLOPT_PATH_AS_IS, 1)
        // A transfer that is cancelled must not wait for its name to be resolved.
        easy.set(CURLOPT_QUICK_EXIT, 1)
        // Connect and attempt timeouts are the loop's own alarms: libcurl's cost a splay tree's work a transfer.
        easy.set(CURLOPT_MAXAGE_CONN, Self.seconds(upstream.connections.idle))
        easy.set(CURLOPT_MAXLIFETIME_CONN, Self.seconds(upstream.connections.age))
        // Names are looked up again when connections are opened, and of several addresses another one is first each time.
        use(cachedAddresses: true, easy)
        easy.set(CURLOPT_DNS_SHUFFLE_ADDRESSES, 1)
        easy.set(CURLOPT_HTTP_VERSION, version)
        // Calls that begin together share a connection that is being opened, which is what HTTP/2 is for.
        if upstream.wireProtocol != .http1 { easy.set(CURLOPT_PIPEWAIT, 1) }
        guard let tls = upstream.tls else { return }
        if let ca = tls.ca {
            easy.set(CURLOPT_CAINFO, ca)
            // Else libcurl would know the file as it was a day ago. Its own certificate is read for each connection.
            easy.set(CURLOPT_CA_CACHE_TIMEOUT, 10)
        }
        if let certificate = tls.certificate { easy.set(CURLOPT_SSLCERT, certificate) }
        if let key = tls.key { easy.set(CURLOPT_SSLKEY, key) }
    }

    /// libcurl keeps the order of the addresses it has cached: that does no harm where connections are led to others of them,
    /// see `NamedHost`. Elsewhere each has to look for itself.
    func use(cachedAddresses: Bool, _ easy: borrowing EasyHandle) {
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, cachedAddresses ? 1 : 0)
    }

    /// Over HTTP/1.1 an upstream speaks when it is asked; over HTTP/2 it may send frames at any time.
    var isQuietWhenIdle: Bool { upstream.wireProtocol == .http1 }

    /// In which form the heads of calls to `endpoint` are given to libcurl, with the fields that are the same for all calls.
    func form(of endpoint: Endpoint, userAgent: String) -> CallHead.Form {
        let own = ["Accept: \(sends ?? "application/json")", "User-Agent: \(userAgent)"]
        let fields =
            own + upstream.headers.map { "\($0.name): \($0.value)" } + (sends.map { ["Content-Type: \($0)"] } ?? [])
        guard upstream.wireProtocol == .http1 else { return .fields(FixedFields(fields)) }
        let lines = ["Host: \(endpoint.authority)"] + fields
        return .onePiece(
            Array((" HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined()).utf8),
            instead: sends == nil ? .withoutLibcurlsOwn() : .withoutLibcurlsOwnOfBodies())
    }

    private var version: Int {
        switch upstream.wireProtocol {
        case .http1: Int(CURL_HTTP_VERSION_1_1)
        case .h2: Int(CURL_HTTP_VERSION_2TLS)
        case .h2c: Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        }
    }

    private static func seconds(_ duration: Duration) -> Int {
        max(1, Int(duration.components.seconds))
    }
}

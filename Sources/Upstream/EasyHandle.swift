// libcurl's easy handle at arm's length.

internal import CCurl

/// One easy handle, freed with the value. Used on its loop's thread only.
struct EasyHandle: ~Copyable {
    let raw: UnsafeMutableRawPointer
    /// libcurl writes here why a transfer failed, where its code alone says too little.
    private let words: UnsafeMutablePointer<CChar>

    init() {
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle.") }
        raw = handle
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, UnsafeRawPointer(words))
    }

    deinit {
        curl_easy_cleanup(raw)
        words.deallocate()
    }

    /// libcurl's own sentence about the last failure.
    var complaint: String { String(cString: words) }

    /// Whether the last reply promised that the connection stays and that its body has a length: then libcurl has no reason
    /// to close the connection, except that more came than that.
    var promisedToStay: Bool {
        var version = 0
        curl_get_long(raw, CURLINFO_HTTP_VERSION, &version)
        guard version == Int(CURL_HTTP_VERSION_1_1), field("Content-Length") != nil else { return false }
        return !(field("Connection")?.lowercased().contains("close") ?? false)
    }

    /// The last reply's `Date`, as it was written.
    var date: String? { field("Date") }

    /// The first field of that name in the last reply's header.
    private func field(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(raw, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK, let header else {
            return nil
        }
        return String(cString: header.pointee.value)
    }

    func set(_ option: CURLoption, _ value: Int) {
        check(curl_set_long(raw, option, value), option)
    }

    func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
        check(curl_set_pointer(raw, option, value), option)
    }

    /// libcurl keeps a copy.
    func set(_ option: CURLoption, _ text: String) {
        check(text.withCString { curl_set_pointer(raw, option, $0) }, option)
    }

    func set(_ option: CURLoption, _ function: curl_bytes_function) {
        check(curl_set_bytes_function(raw, option, function), option)
    }

    /// The status of the last reply; 0 if there was none.
    var status: Int {
        var status = 0
        curl_get_long(raw, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// OpenSSL's verdict on the other side's certificate in the last handshake: one of its X509_V_ERR_, 0 for none.
    var verification: Int {
        var verdict = 0
        curl_get_long(raw, CURLINFO_SSL_VERIFYRESULT, &verdict)
        return verdict
    }

    /// Microseconds from the transfer's beginning to what `what` names, as libcurl measured them; 0: it did not come so far.
    func time(_ what: CURLINFO) -> UInt32 {
        var time: curl_off_t = 0
        curl_get_offset(raw, what, &time)
        return UInt32(clamping: time)
    }

    /// This machine's port of the last connection that was used; 0: it has none.
    var localPort: UInt16 {
        var port = 0
        curl_get_long(raw, CURLINFO_LOCAL_PORT, &port)
        return UInt16(clamping: port)
    }

    /// Options are set from checked settings, so libcurl refusing one is our own bug.
    private func check(_ code: CURLcode, _ option: CURLoption) {
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue) with code \(code.rawValue).")
    }
}

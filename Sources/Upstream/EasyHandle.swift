// libcurl's easy handle at arm's length.

internal import CCurl

/// One easy handle, freed with the value. Used on its loop's thread only.
struct EasyHandle: ~Copyable {
    let raw: UnsafeMutableRawPointer

    init() {
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle.") }
        raw = handle
    }

    deinit { curl_easy_cleanup(raw) }

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

    /// When the transfer had a connection, new (with TLS where asked for) or kept: microseconds after its start; 0: not yet.
    var connected: Int64 {
        var microseconds: curl_off_t = 0
        curl_get_offset(raw, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
        return Int64(microseconds)
    }

    /// Options are set from checked settings, so libcurl refusing one is our own bug.
    private func check(_ code: CURLcode, _ option: CURLoption) {
        precondition(code == CURLE_OK, "libcurl refused option \(option.rawValue) with code \(code.rawValue).")
    }
}

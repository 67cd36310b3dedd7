/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.relay.http.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A request as somebody on the way between two nodes sees it, who can repeat and change
 * it.
 *
 * @param length the length that it announces
 * @param headers the headers, with names in lower case
 * @param content the body
 */
record RecordedRequest(long length, Map<String, String> headers, byte[] content) implements PeerRequest {

	private static final List<String> NAMES = List.of(PeerProtocol.RECEIVER, PeerProtocol.TIME, PeerProtocol.NONCE,
			PeerProtocol.DIGEST, PeerProtocol.SIGNATURE);

	static RecordedRequest of(PeerRequest request) throws IOException {
		Map<String, String> headers = new HashMap<>();
		for (String name : NAMES) {
			String value = request.header(name);
			if (value != null) {
				headers.put(name.toLowerCase(Locale.ROOT), value);
			}
		}
		return new RecordedRequest(request.contentLength(), headers, request.body().readAllBytes());
	}

	RecordedRequest withHeader(String name, String value) {
		Map<String, String> headers = new HashMap<>(this.headers);
		headers.put(name.toLowerCase(Locale.ROOT), value);
		return new RecordedRequest(this.length, headers, this.content);
	}

	RecordedRequest withLength(long length) {
		return new RecordedRequest(length, this.headers, this.content);
	}

	RecordedRequest withBody(byte[] body) {
		return new RecordedRequest(this.length, this.headers, body);
	}

	@Override
	public String method() {
		return PeerProtocol.METHOD;
	}

	@Override
	public @Nullable String header(String name) {
		return this.headers.get(name.toLowerCase(Locale.ROOT));
	}

	@Override
	public long contentLength() {
		return this.length;
	}

	@Override
	public InputStream body() {
		return new ByteArrayInputStream(this.content);
	}

	@Override
	public List<X509Certificate> certificates() {
		return List.of();
	}

}

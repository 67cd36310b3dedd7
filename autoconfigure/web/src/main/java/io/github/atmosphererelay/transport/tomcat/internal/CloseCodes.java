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

package io.github.atmosphererelay.transport.tomcat.internal;

/**
 * The codes that a close frame may contain (RFC 6455, section 7.4, and the IANA
 * registry).
 */
final class CloseCodes {

	static final int GOING_AWAY = 1001;

	static final int NONE = 1005;

	static final int ABNORMAL = 1006;

	static final int SERVER_ERROR = 1011;

	private CloseCodes() {
	}

	static boolean isValid(int code) {
		return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000);
	}

}

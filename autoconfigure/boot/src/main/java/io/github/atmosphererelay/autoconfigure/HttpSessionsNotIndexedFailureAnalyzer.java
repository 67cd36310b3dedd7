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

package io.github.atmosphererelay.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains a {@link HttpSessionsNotIndexedException} and what to change.
 */
class HttpSessionsNotIndexedFailureAnalyzer extends AbstractFailureAnalyzer<HttpSessionsNotIndexedException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, HttpSessionsNotIndexedException cause) {
		return new FailureAnalysis(cause.getMessage(),
				"Keep them in Redis with an index: set 'spring.session.data.redis.repository-type' to indexed, or use"
						+ " @EnableRedisIndexedHttpSession. If this repository wraps a RedisIndexedSessionRepository, let that"
						+ " be a bean too. Or set 'atmosphere.security.shared-http-sessions.enabled' to"
						+ " false; then an HTTP session that ends does not close its clients.",
				cause);
	}

}

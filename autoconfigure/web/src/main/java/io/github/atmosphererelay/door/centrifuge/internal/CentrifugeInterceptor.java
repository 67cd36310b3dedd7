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

package io.github.atmosphererelay.door.centrifuge.internal;

import java.util.Map;

import io.github.atmosphererelay.door.internal.AdmissionChecker;
import io.github.atmosphererelay.door.internal.ClientProof;
import io.github.atmosphererelay.door.internal.DoorInterceptor;
import io.github.atmosphererelay.door.internal.RefusalResponder;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Decides at the handshake who comes in at this door. Who the client is may also be said
 * by its first command, so that nobody is refused for being unknown.
 */
final class CentrifugeInterceptor extends DoorInterceptor {

	CentrifugeInterceptor(AdmissionChecker checks, RefusalResponder refusals) {
		super(checks, refusals);
	}

	@Override
	protected ClientProof admit(HttpServletRequest request, Map<String, Object> attributes) {
		checks().checkAddress(request);
		return authenticate(request);
	}

}

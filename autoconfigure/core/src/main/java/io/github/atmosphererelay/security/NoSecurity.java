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

package io.github.atmosphererelay.security;

import java.security.Principal;

import io.github.atmosphererelay.refusal.Authorization;
import org.jspecify.annotations.Nullable;

/**
 * The absence of a security framework.
 */
final class NoSecurity implements ClientSecurity {

	private static final Scope NOTHING = () -> {
	};

	@Override
	public Scope enter(@Nullable Principal principal) {
		return NOTHING;
	}

	@Override
	public @Nullable Authorization refusal(Throwable failure, @Nullable Principal principal) {
		return null;
	}

	@Override
	public boolean hasAuthority(Principal principal, String authority) {
		return false;
	}

}

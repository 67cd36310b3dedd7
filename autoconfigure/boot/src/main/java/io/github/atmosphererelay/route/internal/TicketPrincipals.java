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

package io.github.atmosphererelay.route.internal;

import java.security.Principal;
import java.util.List;

/**
 * Tells what of a principal goes into a ticket, and makes the principal of the ticket's
 * holder on another node.
 */
public interface TicketPrincipals {

	/** For applications without a security framework: names alone. */
	TicketPrincipals BY_NAME = new TicketPrincipals() {

		@Override
		public List<String> authorities(Principal principal) {
			return List.of();
		}

		@Override
		public Principal principal(String name, List<String> authorities) {
			return new Principal() {

				@Override
				public String getName() {
					return name;
				}

			};
		}

	};

	/**
	 * Return the authorities of a principal.
	 * @param principal the principal of a request
	 * @return the authorities
	 */
	List<String> authorities(Principal principal);

	/**
	 * Make the principal of a ticket's holder, a new object with each call.
	 * @param name the principal's name
	 * @param authorities the principal's authorities
	 * @return the principal
	 */
	Principal principal(String name, List<String> authorities);

}

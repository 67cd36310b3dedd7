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

import java.util.Collection;

import io.github.atmosphererelay.session.TokenAuthenticator;
import org.jspecify.annotations.Nullable;

/**
 * Lets clients in that another node has sent here. A type of its own, because the doors
 * know nothing of routing, whose classes may be absent.
 */
interface RoutedClients {

	/**
	 * Return what checks tokens and tickets.
	 * @param application checks tokens, or {@code null} if the application has none
	 */
	TokenAuthenticator tokens(@Nullable TokenAuthenticator application);

	/**
	 * Return the addresses of the nodes, whose pages may connect.
	 */
	Collection<String> nodeAddresses();

}

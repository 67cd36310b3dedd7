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

import java.net.URI;
import java.util.Collection;

/**
 * Knows where the nodes of the cluster can be reached.
 */
@FunctionalInterface
public interface PeerDiscovery {

	/**
	 * Return the URLs of all nodes. This node may be among them, and a node may be there
	 * under several URLs. Called every few seconds by a thread of its own; may block. If
	 * it throws something, or takes too long, the last result stays valid. An empty
	 * result says that there is no other node: throw something if that is not known.
	 * @return base URLs, such as {@code https://10.0.0.7:8443}, to which the endpoint's
	 * path is appended
	 */
	Collection<URI> peers();

}

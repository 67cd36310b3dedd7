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

package io.github.atmosphererelay.routing.internal;

import java.util.ArrayList;
import java.util.List;

import io.github.atmosphererelay.routing.PublishedRing;
import io.github.atmosphererelay.routing.Ring;
import io.github.atmosphererelay.routing.RingMember;
import io.github.atmosphererelay.routing.RingVersion;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON form of a published ring, for programs that are no members of the cluster. Two
 * equal rings of one version have the same text.
 */
public final class RingDocument {

	/**
	 * The maximum length of a document, in characters: the largest ring has about half of
	 * it.
	 */
	private static final int MAX_LENGTH = 4 * 1024 * 1024;

	private RingDocument() {
	}

	/**
	 * Write a ring.
	 * @param published the ring
	 * @return a JSON object
	 */
	public static String write(PublishedRing published) {
		RingVersion version = published.version();
		ObjectNode root = JsonMapper.shared().createObjectNode();
		root.put("term", version.term());
		root.put("counter", version.counter());
		root.put("digest", version.digest());
		ArrayNode members = root.putArray("members");
		for (RingMember member : published.ring().members()) {
			ObjectNode object = members.addObject();
			object.put("name", member.name());
			object.put("weight", member.weight());
			if (member.address() != null) {
				object.put("address", member.address());
			}
		}
		ArrayNode spread = root.putArray("spread");
		published.ring().spread().stream().sorted().forEach(spread::add);
		return root.toString();
	}

	/**
	 * Read a ring.
	 * @param text a JSON object; unknown properties are ignored
	 * @return the ring
	 * @throws IllegalArgumentException if it is no ring, or its digest is not that of its
	 * members
	 */
	public static PublishedRing read(String text) {
		if (text.length() > MAX_LENGTH) {
			throw new IllegalArgumentException("A ring may have at most " + MAX_LENGTH + " characters");
		}
		JsonNode root;
		try {
			root = JsonMapper.shared().readTree(text);
		}
		catch (JacksonException ex) {
			throw new IllegalArgumentException("The ring is not valid JSON", ex);
		}
		if (!root.path("term").isIntegralNumber() || !root.path("counter").isIntegralNumber()) {
			throw new IllegalArgumentException("The ring has no 'term' and 'counter'");
		}
		List<RingMember> members = new ArrayList<>();
		for (JsonNode member : root.path("members")) {
			if (!member.path("name").isString() || !member.path("weight").isInt()) {
				throw new IllegalArgumentException("A member of the ring has no 'name' and 'weight'");
			}
			members.add(new RingMember(member.path("name").stringValue(), member.path("weight").intValue(),
					member.path("address").isString() ? member.path("address").stringValue() : null));
		}
		List<String> spread = new ArrayList<>();
		root.path("spread").forEach((user) -> spread.add(user.asString()));
		Ring ring = Ring.of(members, spread);
		if (!root.path("digest").asString("").equals(ring.digest())) {
			throw new IllegalArgumentException("The ring's digest is not that of its members");
		}
		return new PublishedRing(
				new RingVersion(root.path("term").longValue(), root.path("counter").longValue(), ring.digest()), ring);
	}

}

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The URLs at which peers may be found: those that discovery knows, and those that peers
 * have told of themselves. Used by the thread of {@link PeerLoop}, except for
 * {@link #all()}.
 */
final class Contacts {

	private static final int MAX_CONTACTS = 1024;

	private final Map<URI, Contact> contacts = new LinkedHashMap<>();

	private volatile List<Contact> all = List.of();

	/** Whether discovery has answered once. */
	private boolean known;

	List<Contact> all() {
		return this.all;
	}

	boolean isKnown() {
		return this.known;
	}

	/**
	 * Take what discovery knows.
	 */
	void listed(Collection<URI> urls) {
		this.known = true;
		this.contacts.values().forEach((contact) -> {
			contact.delisted |= contact.listed;
			contact.listed = false;
		});
		for (URI url : urls) {
			Contact contact = get(url);
			if (contact != null) {
				contact.listed = true;
				contact.delisted = false;
			}
		}
		this.contacts.values().removeIf((contact) -> !contact.listed && contact.peer == null && !contact.self);
		publish();
	}

	/**
	 * Take what a peer has told of itself.
	 * @return whether the URL was not known to lead to it
	 */
	boolean introduced(URI url, UUID peer) {
		Contact contact = get(url);
		if (contact == null || peer.equals(contact.peer)) {
			return false;
		}
		contact.peer = peer;
		contact.self = false;
		contact.left = false;
		publish();
		return true;
	}

	private @Nullable Contact get(URI url) {
		Contact contact = this.contacts.get(url);
		if (contact == null && this.contacts.size() < MAX_CONTACTS) {
			contact = new Contact(url);
			this.contacts.put(url, contact);
		}
		return contact;
	}

	@Nullable Contact find(URI url) {
		return this.contacts.get(url);
	}

	/**
	 * Return the URLs that lead to a peer.
	 */
	List<Contact> of(UUID peer) {
		return this.all.stream().filter((contact) -> peer.equals(contact.peer)).toList();
	}

	/**
	 * Take the next of the URLs that lead to a peer, so that one that does not work is
	 * not used for ever.
	 */
	void chooseUrl(Peer peer) {
		List<Contact> known = of(peer.id());
		if (known.isEmpty()) {
			return;
		}
		URI present = peer.url;
		boolean working = present != null && peer.failures == 0;
		if (!working) {
			int index = 0;
			for (int i = 0; i < known.size(); i++) {
				if (known.get(i).url().equals(present)) {
					index = i + 1;
				}
			}
			peer.url = known.get(index % known.size()).url();
		}
		peer.located = true;
	}

	/**
	 * Return whether another node is now where a peer was.
	 */
	boolean isReplaced(Peer peer) {
		return peer.located && of(peer.id()).isEmpty();
	}

	/**
	 * A peer is not there any more.
	 * @param left whether it has said so
	 */
	void forget(UUID peer, boolean left) {
		for (Contact contact : of(peer)) {
			contact.peer = null;
			contact.left = left;
			contact.nextAt = System.nanoTime();
		}
		this.contacts.values().removeIf((contact) -> !contact.listed && contact.peer == null && !contact.self);
		publish();
	}

	/**
	 * Return the URL at which this node reaches itself, where others may reach it.
	 */
	@Nullable URI own() {
		return this.all.stream().filter((contact) -> contact.self).findFirst().map(Contact::url).orElse(null);
	}

	private void publish() {
		this.all = List.copyOf(this.contacts.values());
	}

}
